import { describe, expect, test } from "@jest/globals";
import { averageOf, cumulativeReturnOf, meanReturnOf, priceOf, rsiOf, volatilityOf, type Measure } from "../../src/strategies/measure.ts";
import { readingsFrom, type Reading } from "../../src/strategies/readings.ts";
import { closesOf, randomWalk } from "./market.ts";

const read = (measure: Measure, closes: readonly number[]) => readingsFrom(new Map([["SPY", closesOf(...closes)]]))(measure);

function valueOf(reading: Reading): number {
  if (reading.kind === "undefined") throw new Error(reading.reason);
  return reading.value;
}

/** Flat for long, then these changes. */
const afterCalm = (...changes: readonly number[]): number[] => {
  const closes = Array.from({ length: 300 }, () => 100);
  for (const change of changes) closes.push(closes.at(-1)! + change);
  return closes;
};

describe("arithmetically equal values read as equal", () => {
  test.each([
    [79, 79, -18.9],
    [81, 90, -19],
    [30, -7, 2.7],
    [35, -6.5, 3.15],
  ])("an RSI of exactly %d", (expected, first, second) => {
    expect(read(rsiOf("SPY", 10), afterCalm(first, second))).toEqual({ kind: "value", value: expected });
  });

  test.each([
    [0.1, 0.09],
    [0.3, 0.27],
    [0.7, 0.63],
    [1.1, 0.99],
    [123.4, 111.06],
  ])("a loss of exactly ten percent, from %d to %d", (from, to) => {
    expect(read(cumulativeReturnOf("SPY", 60), [from, ...Array.from({ length: 59 }, () => 1), to])).toEqual({ kind: "value", value: -10 });
  });

  test.each([0.1, 0.7, 500.1, 33.333])("the average of a constant series at %d", (price) => {
    const flat = Array.from({ length: 200 }, () => price);
    expect(read(averageOf("SPY", 200), flat)).toEqual(read(priceOf("SPY"), flat));
  });

  test("the mean returns of two series of which one is a multiple of the other", () => {
    const walk = randomWalk(5);
    expect(
      read(
        meanReturnOf("SPY", 90),
        walk.map((close) => close * 0.37),
      ),
    ).toEqual(read(meanReturnOf("SPY", 90), walk));
  });
});

describe("a reading is undefined", () => {
  test.each([
    [rsiOf("SPY", 9), 79, "The RSI(9) of SPY needs 80 closes but has 79."],
    [rsiOf("SPY", 10), 88, "The RSI(10) of SPY needs 89 closes but has 88."],
    [rsiOf("SPY", 20), 180, "The RSI(20) of SPY needs 181 closes but has 180."],
    [averageOf("SPY", 200), 199, "The SMA(200) of SPY needs 200 closes but has 199."],
    [averageOf("SPY", 20), 19, "The SMA(20) of SPY needs 20 closes but has 19."],
    [cumulativeReturnOf("SPY", 60), 60, "The 60-day return of SPY needs 61 closes but has 60."],
    [meanReturnOf("SPY", 90), 90, "The mean daily return of SPY over 90 days needs 91 closes but has 90."],
    [volatilityOf("SPY", 14), 14, "The yearly volatility of SPY over 14 days needs 15 closes but has 14."],
  ])("on one close too few: %j", (measure, length, reason) => {
    const walk = randomWalk(11, length + 1);
    expect(read(measure, walk.slice(1))).toEqual({ kind: "undefined", reason });
    expect(read(measure, walk).kind).toBe("value");
  });

  test("when the symbol has no closes", () => {
    expect(read(priceOf("QQQ"), [1])).toEqual({ kind: "undefined", reason: "QQQ has no daily bars." });
  });
});

test("an RSI on the minimum number of closes is within a hundredth of the settled one", () => {
  for (let seed = 1; seed < 40; seed += 1) {
    const walk = randomWalk(seed * 104_729);
    const settled = valueOf(read(rsiOf("SPY", 10), walk));
    expect(Math.abs(valueOf(read(rsiOf("SPY", 10), walk.slice(-89))) - settled)).toBeLessThan(0.01);
  }
});
