import type { Broker, Session } from "../domain/broker.ts";
import type { DailyBar, DailyBars } from "../domain/daily-bar.ts";
import type { Strategy } from "../strategies/strategy.ts";
import { dateAfter, usage, type Period } from "./period.ts";
import { marketDate } from "../domain/market-day.ts";

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

/** Bars per request: years of all symbols in one answer would exceed a slow venue's time limit. */
const BARS_AT_A_TIME = 2_500;

/**
 * Reads sessions and adjusted bars through the broker port. A running session is left out: its bar is not final.
 * @param now milliseconds since the epoch.
 * @throws BrokerError when they cannot be read, TraderError for a future period.
 */
export async function readBrokerHistory(
  broker: Pick<Broker, "name" | "calendar" | "dailyBars">,
  symbols: readonly string[],
  start: string,
  { to }: Period,
  now: number,
): Promise<Omit<MarketHistory, "invented">> {
  const today = marketDate(now);
  if (to > today) throw usage(`--to is ${to}, a future date (it is ${today} in New York).`, "A back-test ends with a completed session.");
  const calendar = await broker.calendar(start, to);
  const sessions = calendar.filter(({ close }) => close <= now);
  const bars = await readBars(broker, symbols, start, to, Math.max(1, Math.floor(BARS_AT_A_TIME / Math.max(1, sessions.length))));
  const running = sessions.length === calendar.length ? [] : [`The session of ${today} is still running and is left out.`];
  return { source: broker.name, sessions, bars, warnings: running };
}

/** One request after the other. */
async function readBars(
  broker: Pick<Broker, "dailyBars">,
  symbols: readonly string[],
  start: string,
  end: string,
  symbolsAtATime: number,
): Promise<DailyBars> {
  const bars = new Map<string, readonly DailyBar[]>();
  for (let from = 0; from < symbols.length; from += symbolsAtATime) {
    const found = await broker.dailyBars(symbols.slice(from, from + symbolsAtATime), start, end);
    for (const [symbol, series] of found) bars.set(symbol, series);
  }
  return bars;
}
