import type { Broker, Session } from "../domain/broker.ts";
import type { DailyBar, DailyBars } from "../domain/daily-bar.ts";
import type { Strategy } from "../strategies/strategy.ts";
import { dateAfter, type Period } from "./period.ts";

/** All market data of a back-test. */
export interface MarketHistory {
  /** Source of the bars, for people: `CSV files in /data`. */
  readonly source: string;
  /** Whether the simulator generated the bars. */
  readonly invented: boolean;
  /** Oldest first, starting before the period; all are completed. */
  readonly sessions: readonly Session[];
  /** Adjusted for splits and dividends, oldest first. */
  readonly bars: DailyBars;
  /** Warnings for the reader, one sentence each. */
  readonly warnings: readonly string[];
}

/** A session takes 1.45 calendar days, holidays not included; twice as much reaches back far enough for any strategy. */
const DAYS_PER_BAR = 1.5;
const SPARE_DAYS = 14;

/** The first date whose bars a decision on the first session may need. */
export function historyStart({ from }: Period, strategies: readonly Strategy[]): string {
  const longest = Math.max(...strategies.map(({ history }) => history));
  return dateAfter(from, -(Math.ceil(longest * DAYS_PER_BAR) + SPARE_DAYS));
}

/** Every symbol of the strategies, once. */
export function symbolsOfAll(strategies: readonly Pick<Strategy, "symbols">[]): string[] {
  return [...new Set(strategies.flatMap(({ symbols }) => symbols))].sort();
}

/**
 * The market as a broker shows it to a signal up to a date: later bars cannot be read, so no decision can depend
 * on them.
 * @param through date of the last visible bar.
 */
export function seenThrough({ sessions, bars }: MarketHistory, through: string): Pick<Broker, "calendar" | "dailyBars"> {
  return {
    calendar: (start, end) => Promise.resolve(sessions.filter(({ date }) => date >= start && date <= end)),
    dailyBars: (symbols, start, end) => {
      const last = end < through ? end : through;
      const found = symbols.map((symbol) => [symbol, between(bars.get(symbol) ?? [], start, last)] as const);
      return Promise.resolve(new Map(found.filter(([, series]) => series.length > 0)));
    },
  };
}

function between(series: readonly DailyBar[], start: string, end: string): readonly DailyBar[] {
  return series.slice(firstFrom(series, start), firstFrom(series, dateAfter(end, 1)));
}

/** Index of the first bar of `date` or later; the number of bars when there is none. */
function firstFrom(series: readonly DailyBar[], date: string): number {
  let [low, high] = [0, series.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((series[middle]?.session ?? "") < date) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Each symbol's bar of that session; symbols without one are missing. */
export function barsOn({ bars }: MarketHistory, symbols: Iterable<string>, session: string): Map<string, DailyBar> {
  const found = new Map<string, DailyBar>();
  for (const symbol of symbols) {
    const series = bars.get(symbol) ?? [];
    const bar = series[firstFrom(series, session)];
    if (bar?.session === session) found.set(symbol, bar);
  }
  return found;
}
