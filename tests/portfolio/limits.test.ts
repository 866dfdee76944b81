import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { LimitFacts, LimitSettings } from "../../src/portfolio/limits.ts";
import { judgeLimits } from "../../src/portfolio/limits.ts";
import { decimal, decimalFromNumber, ZERO } from "../../src/domain/decimal.ts";

type Given = Readonly<Partial<Record<keyof LimitFacts, string>>>;

function facts(given: Given): LimitFacts {
  const value = (key: keyof LimitFacts, otherwise: string) => decimal(given[key] ?? otherwise);
  return {
    equity: value("equity", "100000"),
    lastEquity: value("lastEquity", "100000"),
    flows: value("flows", "0"),
    tradedToday: value("tradedToday", "0"),
    planned: value("planned", "0"),
  };
}

function breaches(given: Given, limits: { turnover?: string; loss?: string }): string[] {
  const settings: LimitSettings = {
    maxDailyTurnover: limits.turnover === undefined ? undefined : decimal(limits.turnover),
    maxDailyLoss: limits.loss === undefined ? undefined : decimal(limits.loss),
  };
  return judgeLimits(facts(given), settings).map(({ limit, reason }) => `${limit}: ${reason}`);
}

describe("the daily turnover", () => {
  test("of a full switch is 200 %: allowed up to there and no further", () => {
    expect(breaches({ planned: "200000" }, { turnover: "2" })).toEqual([]);
    expect(breaches({ planned: "200000.01" }, { turnover: "2" })).toEqual([
      "daily-turnover: Selling and buying $200,000.01 would bring the day's turnover to $200,000.01, 200.0 % of $100,000.00, " +
        "above MAX_DAILY_TURNOVER_PERCENT (200.0 %).",
    ]);
  });

  test("contains what was traded before on the same day", () => {
    expect(breaches({ planned: "60000", tradedToday: "40000" }, { turnover: "1" })).toEqual([]);
    expect(breaches({ planned: "60000", tradedToday: "40001" }, { turnover: "1" })).toHaveLength(1);
  });

  test("is measured by the account at the day's start: not by what it is worth now, but with what came and went", () => {
    expect(breaches({ planned: "100000", equity: "80000" }, { turnover: "1" })).toEqual([]);
    expect(breaches({ planned: "900", lastEquity: "100", flows: "900", equity: "1000" }, { turnover: "1" })).toEqual([]);
    expect(breaches({ planned: "1000", lastEquity: "100000", flows: "-99500", equity: "500" }, { turnover: "1.5" })).toHaveLength(1);
  });

  test("of a new account is measured by its equity", () => {
    expect(breaches({ planned: "990", lastEquity: "0", flows: "1000", equity: "1000" }, { turnover: "1" })).toEqual([]);
    expect(breaches({ planned: "2000", lastEquity: "0", equity: "1000" }, { turnover: "1" })).toHaveLength(1);
    expect(breaches({ planned: "990", lastEquity: "0", flows: "2000", equity: "900" }, { turnover: "1" })).toHaveLength(1);
    expect(breaches({ planned: "1", lastEquity: "0", equity: "0" }, { turnover: "1" })).toHaveLength(1);
  });
});

describe("the daily loss", () => {
  test("stops at its limit, and not a cent before", () => {
    expect(breaches({ equity: "95000.01" }, { loss: "0.05" })).toEqual([]);
    expect(breaches({ equity: "95000" }, { loss: "0.05" })).toEqual([
      "daily-loss: The account has lost $5,000.00 (5.00 % of $100,000.00) since the last close, " +
        "so MAX_DAILY_LOSS_PERCENT (5.00 %) blocks new executions.",
    ]);
  });

  test("is not made by a withdrawal nor hidden by a deposit", () => {
    expect(breaches({ equity: "80000", flows: "-20000" }, { loss: "0.01" })).toEqual([]);
    expect(breaches({ equity: "110000", flows: "20000" }, { loss: "0.05" })).toEqual([
      expect.stringContaining(
        "lost $10,000.00 (10.00 % of $100,000.00) since the last close, excluding deposits and withdrawals of $20,000.00",
      ),
    ]);
  });

  test("of a new account is measured by what was paid in", () => {
    expect(breaches({ lastEquity: "0", equity: "100000" }, { loss: "0.05" })).toEqual([]);
    expect(breaches({ lastEquity: "0", flows: "1000", equity: "960" }, { loss: "0.05" })).toEqual([]);
    expect(breaches({ lastEquity: "0", flows: "1000", equity: "940" }, { loss: "0.05" })).toHaveLength(1);
  });
});

test("without a setting there is no limit, and with both each speaks for itself", () => {
  const bad: Given = { equity: "1000", planned: "9000000" };
  expect(breaches(bad, {})).toEqual([]);
  expect(breaches(bad, { turnover: "2", loss: "0.05" }).map((text) => text.split(":")[0])).toEqual(["daily-turnover", "daily-loss"]);
});

test("whatever comes in or goes out, the loss is judged the same", () => {
  const cents = (most: number) => fc.integer({ min: -most, max: most }).map((value) => decimal(BigInt(value)).times(decimal("0.01")));
  const lost = (equity: string, lastEquity: string, flows: string): number =>
    breaches({ equity, lastEquity, flows }, { loss: "0.03" }).length;
  fc.assert(
    fc.property(cents(10_000_00), cents(5_000_000_00), (change, flow) => {
      const equity = decimal("100000").plus(change);
      expect(lost(equity.plus(flow).toFixed(), "100000", flow.toFixed())).toBe(lost(equity.toFixed(), "100000", "0"));
    }),
    { seed: 28 },
  );
});

describe("a recorded month with two deposits", () => {
  const history = JSON.parse(readFileSync(join(import.meta.dirname, "recorded/portfolio_history_with_deposit.json"), "utf8")) as {
    equity: number[];
    cashflow: { CSD: number[] };
  };
  const days = history.equity.slice(1).map((equity, index) => ({
    equity: decimalFromNumber(equity),
    lastEquity: decimalFromNumber(history.equity[index]!),
    flows: decimalFromNumber(history.cashflow.CSD[index + 1]!),
    tradedToday: ZERO,
    planned: ZERO,
  }));
  const losses = (limit: string, change: (day: LimitFacts) => LimitFacts = (day) => day): string[] =>
    days
      .map(change)
      .flatMap((day, index) => judgeLimits(day, { maxDailyTurnover: undefined, maxDailyLoss: decimal(limit) }).map(() => index + 1))
      .map(String);

  test("the days with a deposit were losing days, though the account grew by 57.7 % and 12.4 %", () => {
    expect(losses("0.002")).toEqual(["6", "10", "11", "14", "15", "16", "17", "18"]);
    expect(losses("0.002", (day) => ({ ...day, flows: ZERO }))).not.toEqual(expect.arrayContaining(["10", "14"]));
  });

  test("had the same money been withdrawn, no other day would have counted as a loss", () => {
    const withdrawn = (day: LimitFacts): LimitFacts => ({
      ...day,
      equity: day.equity.minus(day.flows.times(decimal("2"))),
      flows: day.flows.neg(),
    });
    expect(losses("0.02", withdrawn)).toEqual(losses("0.02"));
  });
});
