import { BrokerError, type Broker } from "../domain/broker.ts";
import type { DailyBar } from "../domain/daily-bar.ts";
import { decimalFromNumber } from "../domain/decimal.ts";
import { marketDate, marketInstant } from "../domain/market-day.ts";
import { benchmarkOver, type Benchmark, type BenchmarkPrice } from "../performance/benchmark.ts";
import type { EquityPoint } from "../performance/returns.ts";
import type { Readings } from "./account-reading.ts";

/** Bars of the symbol that the account is compared with. */
export interface BenchmarkBars {
  readonly symbol: string;
  /** Oldest first, adjusted for splits and dividends; the last one may be of a running session. */
  readonly bars: readonly DailyBar[];
}

/** The price to begin with is from the last session before the period. */
const SPARE_MS = 10 * 86_400_000;

/**
 * @param symbol BENCHMARK_SYMBOL; `undefined` when it is off. @param from milliseconds since the epoch, as is `now`.
 * @returns no value when the venue has no bars of it.
 */
export async function readBenchmark(
  broker: Pick<Broker, "dailyBars">,
  symbol: string | undefined,
  { from, now }: { readonly from: number; readonly now: number },
): Promise<Readings<BenchmarkBars>> {
  if (symbol === undefined) return { value: undefined, problems: [] };
  try {
    const found = (await broker.dailyBars([symbol], marketDate(from - SPARE_MS), marketDate(now))).get(symbol);
    if (found === undefined || found.length === 0)
      return { value: undefined, problems: [`There are no bars of ${symbol} to compare with.`] };
    return { value: { symbol, bars: found }, problems: [] };
  } catch (error) {
    if (error instanceof BrokerError) return { value: undefined, problems: [`The bars of ${symbol} are unknown: ${error.message}`] };
    throw error;
  }
}

/**
 * The benchmark at the closes within the points, and at the last of them. A daily point stands for the close of its
 * date, whatever time the venue stamps it with.
 */
export function benchmarkFor(points: readonly EquityPoint[], { bars }: BenchmarkBars, isDaily: boolean): Benchmark | undefined {
  return benchmarkOver(points, isDaily ? pricesOnDates(points, bars) : pricesAtCloses(points, bars));
}

function pricesOnDates(points: readonly EquityPoint[], bars: readonly DailyBar[]): BenchmarkPrice[] {
  return points.flatMap(({ at }) => {
    const bar = lastUntil(bars, marketDate(at));
    return bar === undefined ? [] : [{ at, price: decimalFromNumber(bar.close) }];
  });
}

/** Of a session that is still running the bar's close is the newest price. */
function pricesAtCloses(points: readonly EquityPoint[], bars: readonly DailyBar[]): BenchmarkPrice[] {
  const end = points.at(-1)?.at ?? 0;
  return bars.flatMap(({ session, close }) =>
    session > marketDate(end) ? [] : [{ at: Math.min(end, marketInstant(`${session}T16:00`)), price: decimalFromNumber(close) }],
  );
}

function lastUntil(bars: readonly DailyBar[], date: string): DailyBar | undefined {
  return bars.findLast(({ session }) => session <= date);
}
