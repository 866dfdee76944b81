import { describe, expect, test } from "@jest/globals";
import { dailyReturns, drawdowns, statisticsOf } from "../../src/backtest/statistics.ts";
import type { EquityPoint } from "../../src/performance/returns.ts";
import { decimal, ZERO } from "../../src/domain/decimal.ts";

const DAY_MS = 86_400_000;

function curve(...equities: readonly string[]): EquityPoint[] {
  return equities.map((equity, index) => ({ at: index * DAY_MS, equity: decimal(equity), flow: ZERO }));
}

describe("the statistics of a curve", () => {
  test("match a calculation by hand: 1 % and 2 % a day", () => {
    const found = statisticsOf(curve("100", "101", "103.02"));
    expect(found.totalReturn.toFixed()).toBe("0.0302");
    // Mean 0.015, deviation of the two days 0.0070710678, a year has 252 of them.
    expect(found.volatility).toBeCloseTo(0.0070710678 * Math.sqrt(252), 8);
    expect(found.sharpe).toBeCloseTo((0.015 / 0.0070710678) * Math.sqrt(252), 5);
    expect(found.worst).toBeUndefined();
    expect(dailyReturns(found.growth).map((each) => each.toFixed(4))).toEqual(["0.0100", "0.0200"]);
  });

  test("have a compound return per calendar year", () => {
    const twoYears = [
      { at: 0, equity: decimal("100"), flow: ZERO },
      { at: 2 * 365.25 * DAY_MS, equity: decimal("121"), flow: ZERO },
    ];
    expect(statisticsOf(twoYears).yearlyReturn).toBeCloseTo(0.1, 12);
  });

  test("measure falls from the previous high, and the deepest of them", () => {
    const { growth, worst } = statisticsOf(curve("100", "120", "90", "108", "126", "120"));
    expect(drawdowns(growth).map((fall) => fall.toFixed(2))).toEqual(["0.00", "0.00", "0.25", "0.10", "0.00", "0.04"]);
    expect(worst).toMatchObject({ peakAt: DAY_MS, troughAt: 2 * DAY_MS, recoveredAt: 4 * DAY_MS });
    expect(worst?.depth.toFixed()).toBe("0.25");
  });

  test("are undefined without data, rather than zero or infinite", () => {
    expect(statisticsOf(curve("100", "101"))).toMatchObject({ volatility: undefined, sharpe: undefined });
    expect(statisticsOf(curve("100", "100", "100"))).toMatchObject({ volatility: 0, sharpe: undefined, worst: undefined });
  });

  test("stay defined after everything is lost", () => {
    const { totalReturn, yearlyReturn, growth } = statisticsOf(curve("100", "0", "0"));
    expect([totalReturn.toFixed(), yearlyReturn]).toEqual(["-1", -1]);
    expect(dailyReturns(growth).map((each) => each.toFixed())).toEqual(["-1", "0"]);
  });
});
