import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { benchmarkOver } from "../../src/performance/benchmark.ts";
import { timeWeightedReturn } from "../../src/performance/returns.ts";

const point = (at: number, equity: string, flow = "0") => ({ at, equity: decimal(equity), flow: decimal(flow) });
const price = (at: number, text: string) => ({ at, price: decimal(text) });

describe("the same money in a benchmark", () => {
  test("grows as the benchmark does, from the last price before the first point", () => {
    const made = benchmarkOver([point(10, "1000"), point(20, "1100")], [price(5, "50"), price(10, "100"), price(20, "110")])!;
    expect(made.return.toFixed()).toBe("0.1");
    expect(made.points.map(({ at, value }) => [at, value.toFixed()])).toEqual([
      [10, "1000"],
      [20, "1100"],
    ]);
  });

  test("buys with each deposit and sells for each withdrawal, which are in neither return", () => {
    const points = [point(0, "1000"), point(1, "2000", "1000"), point(2, "1500", "-500")];
    const made = benchmarkOver(points, [price(0, "100"), price(1, "110"), price(2, "110")])!;
    // The deposit counts from the beginning of its period, the withdrawal until the end, as in the return of the account.
    expect(made.points.map(({ value }) => value.toFixed())).toEqual(["1000", "2200", "1700"]);
    expect(made.return.toFixed()).toBe("0.1");
    expect(timeWeightedReturn(points)!.toFixed()).toBe("0");
  });

  test("is unknown without a price to begin with, without a later one, and without an account", () => {
    const points = [point(10, "1000"), point(20, "1100")];
    expect(benchmarkOver(points, [price(15, "100"), price(20, "110")])).toBeUndefined();
    expect(benchmarkOver(points, [price(10, "100")])).toBeUndefined();
    expect(benchmarkOver(points, [price(10, "0"), price(20, "1")])).toBeUndefined();
    expect(benchmarkOver([], [price(10, "1")])).toBeUndefined();
  });
});
