import { describe, expect, test } from "@jest/globals";
import { accountSummary } from "../../src/reporting/account-summary.ts";
import { plainStyle, richStyle } from "../../src/reporting/style.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { account, position } from "./examples.ts";

const CONTEXT = { mode: "paper", brokerName: "Alpaca paper" };

function summary(...input: Parameters<typeof account>): string[] {
  return accountSummary(account(...input), [], CONTEXT, plainStyle);
}

describe("the account summary", () => {
  test("says every figure as label and value, with dollar signs and thousands", () => {
    const positions = [
      position("SMR", "810.38", "38.5", { costBasis: decimal("32000"), unrealizedProfit: decimal("-800.37") }),
      position("LEU", "192.094618855", "216.2", { costBasis: decimal("40000"), unrealizedProfit: decimal("1840") }),
    ];
    expect(accountSummary(account(), positions, CONTEXT, plainStyle)).toEqual([
      "============================================================",
      "ALPACA ACCOUNT SUMMARY",
      "============================================================",
      "Account Number: PA3TEST00001",
      "Portfolio Value: $100,000.00",
      "Buying Power: $142,115.20",
      "Cash: $42,115.20",
      "Status: ACTIVE",
      "Mode: paper (Alpaca paper)",
      "",
      "Current positions:",
      "  LEU  192.094618855 shares  @ $216.20  $41,530.86  P&L +4.6 %",
      "  SMR         810.38 shares   @ $38.50  $31,199.63  P&L -2.5 %",
      "============================================================",
    ]);
  });

  test("writes negative cash with the sign before the dollar", () => {
    expect(summary({ cash: decimal("-1.98"), buyingPower: decimal("0") })).toEqual(
      expect.arrayContaining(["Cash: -$1.98", "Buying Power: $0.00"]),
    );
  });

  test("rounds to the cent exactly where a float would not", () => {
    expect(summary({ equity: decimal("1000000000.005"), cash: decimal("1.005") })).toEqual(
      expect.arrayContaining(["Portfolio Value: $1,000,000,000.01", "Cash: $1.01"]),
    );
  });

  test("names what blocks an account", () => {
    expect(summary({ blocks: ["trading_blocked", "account_blocked"] })).toContain("Blocked: trading_blocked, account_blocked");
  });

  test("says that an account is empty, and never says so when the positions could not be read", () => {
    expect(summary()).toContain("No positions.");
    const unread = accountSummary(account(), undefined, CONTEXT, plainStyle);
    expect(unread).toContain("The positions could not be read.");
    expect(unread).not.toContain("No positions.");
  });

  test("does not invent a price or a profit that the broker did not tell", () => {
    const lines = accountSummary(
      account(),
      [position("SMR", "2", "38.5", { currentPrice: undefined, unrealizedProfit: undefined })],
      CONTEXT,
      plainStyle,
    );
    expect(lines).toContain("  SMR  2 shares  @ no price  $77.00  P&L unknown");
  });

  test("keeps labels and figures in one piece on a screen", () => {
    const lines = accountSummary(account(), [], CONTEXT, richStyle);
    expect(lines).toContain("Portfolio Value: $100,000.00");
    expect(lines).toContain("Status: \u001b[32mACTIVE\u001b[39m");
  });
});
