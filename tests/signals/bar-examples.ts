import type { Session } from "../../src/domain/broker.ts";
import type { BarBasis } from "../../src/domain/bar-basis.ts";
import { sessionsBetween } from "../../src/simulator/sessions.ts";
import type { DailyBar } from "../../src/domain/daily-bar.ts";

/** The Tuesday before Thanksgiving 2026; the Friday after it is a half-day. */
export const LAST = "2026-11-24";

export function calendarUpTo(last: string, from = "2026-01-02"): Session[] {
  return sessionsBetween(from, last);
}

/** As after the close of {@link LAST}. */
export function closedBasis(last = LAST): BarBasis {
  return { sessions: calendarUpTo(last).map(({ date }) => date), last, live: false, today: last };
}

/** One bar a session up to `last`, about 100 unless told. */
export function series(last = LAST, close: (index: number) => number = (index) => 100 + (index % 2)): DailyBar[] {
  return calendarUpTo(last).map(({ date: session }, index) => barOf(session, close(index)));
}

export function barOf(session: string, close: number): DailyBar {
  return { session, open: close, high: close, low: close, close, volume: 1_000 };
}
