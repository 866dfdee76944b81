import { describe, expect, test } from "@jest/globals";
import { growthOf, median, quantile, slope, spreadOf } from "./statistics.ts";

describe("statistics of a bench", () => {
  test("the median and the 99th percentile are values that were measured", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(spreadOf(hundred)).toEqual({ p50: 50, p99: 99 });
    expect(median([3, 1, 2])).toBe(2);
  });

  test("with few values the 99th percentile is the largest, so that no outlier is hidden", () => {
    expect(quantile([5, 900, 6], 0.99)).toBe(900);
  });

  test("nothing measured is an error, not a zero", () => {
    expect(() => median([])).toThrow(RangeError);
  });

  test("the slope of a line with noise around it is the line's", () => {
    expect(slope([0, 1, 2, 3, 4, 5].map((x) => [x, 10 + 3 * x + (x % 3 === 1 ? 0.5 : 0)]))).toBeCloseTo(3, 1);
    expect(() => slope([[1, 2]])).toThrow(RangeError);
  });

  test("growth compares every row with the one before", () => {
    expect(
      growthOf([
        { work: 10, ms: 4 },
        { work: 20, ms: 16 },
      ]),
    ).toEqual([
      { work: 10, ms: 4, timesWork: undefined, timesMs: undefined },
      { work: 20, ms: 16, timesWork: 2, timesMs: 4 },
    ]);
  });
});
