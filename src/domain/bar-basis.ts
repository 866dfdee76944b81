import type { Session } from "./broker.ts";
import { marketDate } from "./market-day.ts";

/** Whether the unfinished bar of a running session counts (SIGNAL_BAR); one rule for every symbol and indicator. */
export const BAR_MODES = ["live", "closed"] as const;
export type BarMode = (typeof BAR_MODES)[number];

/** Which bars a decision is based on. */
export interface BarBasis {
  /** Dates of the calendar's sessions up to the last that counts, oldest first. */
  readonly sessions: readonly string[];
  /** Date of the session whose bar every symbol must have as its newest. */
  readonly last: string;
  /** Whether that session is still running, so that its bar is not the final one. */
  readonly live: boolean;
  /** New York date of now: no bar may be of a later day. */
  readonly today: string;
}

/**
 * The newest session that counts: with `live` the one that began last, with `closed` the one that ended last.
 * @param now milliseconds since the epoch.
 * @returns `undefined` when the calendar holds no such session.
 */
export function barBasis(calendar: readonly Session[], mode: BarMode, now: number): BarBasis | undefined {
  const counting = calendar.filter(({ open, close }) => (mode === "live" ? open : close) <= now);
  const last = counting.at(-1);
  if (last === undefined) return undefined;
  return { sessions: counting.map(({ date }) => date), last: last.date, live: last.close > now, today: marketDate(now) };
}

/** For the trace: which bars were used. */
export function basisText({ last, live }: BarBasis, mode: BarMode): string {
  if (live) return `the unfinished bar of the running session of ${last} counts (SIGNAL_BAR=${mode})`;
  return `the newest bar is that of ${last}, a session that is over (SIGNAL_BAR=${mode})`;
}
