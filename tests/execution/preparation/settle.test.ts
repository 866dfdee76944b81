import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../../src/domain/decimal.ts";
import type { IntentRecord } from "../../../src/domain/ledger/orders.ts";
import type { AccountSnapshot } from "../../../src/execution/preparation/account-snapshot.ts";
import { unsettled, unshownBuys, type Expected } from "../../../src/execution/preparation/settle.ts";

const EXPECTED: Expected = {
  quantities: new Map([["SMR", decimal("10")]]),
  bought: new Set(),
  after: new Map(),
  cash: decimal("1000"),
  traded: decimal("500"),
};

function shown(cash: string, quantity: string): AccountSnapshot {
  const positions = [{ symbol: "SMR", quantity: decimal(quantity) }];
  return { at: 1, account: { cash: decimal(cash) }, positions } as unknown as AccountSnapshot;
}

describe("an account after our fills", () => {
  test.each([
    ["shows them all", "1000", "10", undefined],
    ["shows more cash", "1200", "10", undefined],
    ["lacks a cent of fees for each share", "999.90", "10", undefined],
    ["lacks the proceeds of a sell", "900", "10", "cash shows 900, expected 1000 from our fills"],
    ["still shows sold shares", "1000", "12", "SMR shows 12 shares, expected 10 from our fills"],
    ["shows fewer shares than our sells have left", "1000", "8", undefined],
  ])("that %s", (_, cash, quantity, missing) => {
    expect(unsettled(shown(cash, quantity), EXPECTED)).toBe(missing);
  });

  test("that shows fewer shares than we bought", () => {
    expect(unsettled(shown("1000", "8"), { ...EXPECTED, bought: new Set(["SMR"]) })).toMatch(/SMR shows 8 shares/);
  });
});

describe("buys that the cash may not show yet", () => {
  const NOW = 1_000_000;
  const buy = (dollars: string, updatedAt: number): IntentRecord =>
    ({
      side: "buy",
      state: "done",
      filledQuantity: decimal("1"),
      filledAveragePrice: decimal(dollars),
      updatedAt,
    }) as unknown as IntentRecord;
  const own = [buy("300", NOW - 5_000), buy("200", NOW - 1_000)];

  test.each([
    ["shown, all of them", "1000", "0"],
    ["the last one is missing", "1200", "200"],
    ["both are missing", "1500", "500"],
    ["nothing explains the cash: all may be missing", "1350", "500"],
  ])("%s", (_, cash, unshown) => {
    expect(unshownBuys(decimal(cash), own, EXPECTED, NOW).toFixed()).toBe(unshown);
  });

  test.each([
    ["half a minute ago", 31_000],
    ["by a clock that was set back since", -3_600_000],
  ])("none %s", (_, ago) => {
    expect(unshownBuys(decimal("1350"), [buy("300", NOW - ago)], EXPECTED, NOW).toFixed()).toBe("0");
  });
});
