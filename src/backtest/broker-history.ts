import type { Broker } from "../domain/broker.ts";
import { marketDate } from "../domain/market-day.ts";
import type { DailyBar, DailyBars } from "../domain/daily-bar.ts";
import type { MarketHistory } from "./market-history.ts";
import { usage, type Period } from "./period.ts";

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
