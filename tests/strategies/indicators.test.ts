import { describe, expect, test } from "@jest/globals";
import { getStandardDeviation, RSI, SMA } from "trading-signals";
import {
  cumulativeReturn,
  lastPrice,
  meanReturn,
  movingAverage,
  relativeStrength,
  volatility,
  type Indicator,
} from "../../src/strategies/indicators.ts";
import { closesOf, randomWalk } from "./market.ts";

function valueOf(indicator: Indicator): number {
  if (indicator.kind === "undefined") throw new Error(indicator.why);
  return indicator.value;
}

const WALKS = Array.from({ length: 60 }, (_, seed) => randomWalk(seed * 7_919));

describe("the RSI, after Wilder and from a start of zero", () => {
  test("is the percentage of smoothed gains in gains plus losses", () => {
    // n = 2: gains 0, 2, 0, 3 → 0, 1, 0.5, 1.75; losses 0, 0, 1, 0 → 0, 0, 0.5, 0.25.
    expect(valueOf(relativeStrength(closesOf(10, 12, 11, 14), 2))).toBe(87.5);
    // n = 10: a rise of 79 has faded to 7.11, a fall of 18.9 counts 1.89.
    expect(valueOf(relativeStrength(closesOf(100, 179, 160.1), 10))).toBeCloseTo(79, 10);
  });

  test.each([
    ["only rises", [1, 2, 3, 4], 100],
    ["only falls", [4, 3, 2, 1], 0],
    ["never moves", [5, 5, 5, 5], 50],
    ["rose once and has stood still since", [5, 6, 6, 6], 100],
  ])("of a series that %s", (_, closes, expected) => {
    expect(valueOf(relativeStrength(closesOf(...closes), 10))).toBe(expected);
  });

  test("needs two closes", () => {
    expect(relativeStrength(closesOf(5), 10)).toEqual({ kind: "undefined", why: "needs 2 closes but has 1" });
  });

  test.each([
    [9, 250, 1e-6],
    [10, 250, 1e-6],
    [20, 250, 1e-3],
    [20, 400, 1e-5],
  ])("over %i days agrees with trading-signals after %i bars", (days, bars, tolerance) => {
    for (const walk of WALKS) {
      const library = new RSI(days);
      for (const close of walk.slice(-bars)) library.update(close, false);
      const own = valueOf(relativeStrength(closesOf(...walk.slice(-bars)), days));
      expect(Math.abs(own - library.getResultOrThrow())).toBeLessThan(tolerance);
    }
  });
});

describe("the moving average", () => {
  test("is the mean of the last closes", () => {
    expect(valueOf(movingAverage(closesOf(100, 1, 2, 6), 3))).toBe(3);
  });

  test("is undefined on fewer closes than it spans", () => {
    expect(movingAverage(closesOf(1, 2), 3)).toEqual({ kind: "undefined", why: "needs 3 closes but has 2" });
  });

  test("agrees with trading-signals", () => {
    for (const walk of WALKS) {
      const library = new SMA(200);
      for (const close of walk) library.update(close, false);
      expect(valueOf(movingAverage(closesOf(...walk), 200))).toBe(library.getResultOrThrow());
    }
  });
});

describe("returns", () => {
  test("the mean return is in percent a day, over the last n returns", () => {
    // +10 %, −10 %; the fall before them is outside.
    expect(valueOf(meanReturn(closesOf(500, 100, 110, 99), 2))).toBeCloseTo(0, 12);
    expect(valueOf(meanReturn(closesOf(100, 110, 121, 121), 3))).toBeCloseTo(20 / 3, 12);
  });

  test("the cumulative return is in percent, from the close n days ago", () => {
    expect(valueOf(cumulativeReturn(closesOf(7, 100, 50, 90), 2))).toBe(-10);
    expect(valueOf(cumulativeReturn(closesOf(100, 50, 90, 125), 3))).toBe(25);
  });

  test.each([
    ["89", 89, "undefined"],
    ["90", 90, "undefined"],
    ["91", 91, "value"],
  ])("ninety returns of %s closes", (_, length, kind) => {
    const closes = closesOf(...randomWalk(3, length));
    expect([meanReturn(closes, 90).kind, volatility(closes, 90).kind, cumulativeReturn(closes, 90).kind]).toEqual([kind, kind, kind]);
  });
});

describe("volatility", () => {
  test("is the population deviation of the returns, for 252 sessions a year", () => {
    // Returns +10 % and −10 %: mean 0, deviation 0.1.
    expect(valueOf(volatility(closesOf(100, 110, 99), 2))).toBeCloseTo(0.1 * Math.sqrt(252), 12);
    // Returns 0, 0, +30 %: mean 0.1, variance (0.01 + 0.01 + 0.04) / 3 = 0.02.
    expect(valueOf(volatility(closesOf(100, 100, 100, 130), 3))).toBeCloseTo(Math.sqrt(0.02 * 252), 12);
  });

  test("of a series that never moves is zero", () => {
    expect(valueOf(volatility(closesOf(3, 3, 3), 2))).toBe(0);
  });

  test("agrees with the deviation of trading-signals", () => {
    for (const walk of WALKS) {
      const returns = walk.slice(-90).map((close, index) => close / walk.at(index - 91)! - 1);
      expect(valueOf(volatility(closesOf(...walk), 90))).toBeCloseTo(getStandardDeviation(returns) * Math.sqrt(252), 10);
    }
  });
});

test("the price is the newest close", () => {
  expect(lastPrice(closesOf(1, 2, 3))).toEqual({ kind: "value", value: 3 });
});

test("a result too large to calculate is undefined, not infinite", () => {
  expect(cumulativeReturn(closesOf(1e-300, 1e300), 1)).toEqual({ kind: "undefined", why: "is too large to calculate" });
});
