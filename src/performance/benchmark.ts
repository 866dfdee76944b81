import { max, ONE, ZERO, type Decimal } from "../domain/decimal.ts";
import type { EquityPoint } from "./returns.ts";

/** What a share of the benchmark cost at an instant, in milliseconds since the epoch; adjusted for splits and dividends. */
export interface BenchmarkPrice {
  readonly at: number;
  readonly price: Decimal;
}

/** The same money in the benchmark. */
interface BenchmarkPoint {
  readonly at: number;
  /** Dollars. */
  readonly value: Decimal;
}

export interface Benchmark {
  readonly points: readonly BenchmarkPoint[];
  /** From the first point to the last; 0.05 means 5 %. */
  readonly return: Decimal;
}

/**
 * What the account would be worth, had its first value bought the benchmark, and every deposit since, while every
 * withdrawal sold as much. Like the account's own return, it counts a deposit from the beginning of its period and a
 * withdrawal until the end, so the two can be compared.
 * @param points of the account, oldest first.
 * @param prices oldest first; those at or before the first point give the price to begin with.
 * @returns `undefined` without a price to begin with, and where no later one is known.
 */
export function benchmarkOver(points: readonly EquityPoint[], prices: readonly BenchmarkPrice[]): Benchmark | undefined {
  const first = points[0];
  const start = first === undefined ? undefined : prices.findLast(({ at }) => at <= first.at);
  const end = points.at(-1)?.at ?? 0;
  const later = prices.filter(({ at }) => first !== undefined && at > first.at && at <= end);
  if (first === undefined || start === undefined || start.price.lte(ZERO) || later.length === 0) return undefined;
  const made: BenchmarkPoint[] = [{ at: first.at, value: first.equity }];
  let [value, price, since] = [first.equity, start.price, first.at];
  for (const next of later) {
    const flows = points.flatMap(({ at, flow }) => (at > since && at <= next.at ? [flow] : []));
    const paidIn = flows.reduce((sum, flow) => sum.plus(max(flow, ZERO)), ZERO);
    const paidOut = flows.reduce((sum, flow) => sum.plus(max(flow.neg(), ZERO)), ZERO);
    value = value.plus(paidIn).times(next.price).div(price).minus(paidOut);
    made.push({ at: next.at, value });
    [price, since] = [next.price, next.at];
  }
  return { points: made, return: price.div(start.price).minus(ONE) };
}
