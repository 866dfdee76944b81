import type { Signal } from "../domain/signal.ts";
import type { Alert } from "./alert.ts";

/** How far a stamp may be ahead of our clock: two machines' clocks never agree exactly (R5). */
export const MAX_AHEAD_SECONDS = 5;
const QUARTER_HOUR_MS = 15 * 60_000;
/** A line that took longer than this to arrive gives no hint about its time zone. */
const ARRIVAL_TOLERANCE_MS = 60_000;

export type Freshness =
  | { readonly kind: "fresh" }
  /** `reason` is one sentence for a person. */
  | { readonly kind: "stale" | "future"; readonly reason: string };

/** The times that determine the age of a run or signal, milliseconds since the epoch. */
export interface Times {
  readonly oldestStamp: number;
  readonly newestStamp: number;
  readonly arrivedAt: number;
}

/**
 * Whether a signal is still fresh (R5), by its oldest stamp and by the arrival of its first line.
 * Checked again right before the first order.
 */
export function freshness(signal: Signal, now: number, maxAgeSeconds: number): Freshness {
  return freshnessOf({ oldestStamp: signal.oldestStamp, newestStamp: signal.generatedAt, arrivedAt: signal.arrivedAt }, now, maxAgeSeconds);
}

/** As {@link freshness}, for the times themselves. */
export function freshnessOf(times: Times, now: number, maxAgeSeconds: number): Freshness {
  const ahead = times.newestStamp - now;
  if (ahead > MAX_AHEAD_SECONDS * 1_000) {
    return {
      kind: "future",
      reason: `The run's stamp is ${duration(ahead)} ahead of the clock; at most ${MAX_AHEAD_SECONDS} s are allowed.`,
    };
  }
  const maxAge = maxAgeSeconds * 1_000;
  if (now - times.oldestStamp > maxAge) {
    return {
      kind: "stale",
      reason: `The run is ${duration(now - times.oldestStamp)} old by its stamp; at most ${maxAgeSeconds} s are allowed.`,
    };
  }
  if (now - times.arrivedAt > maxAge) {
    return {
      kind: "stale",
      reason: `The run arrived ${duration(now - times.arrivedAt)} ago; at most ${maxAgeSeconds} s are allowed.`,
    };
  }
  return { kind: "fresh" };
}

/** The first instant at which these times are stale. */
export function staleAt(times: Pick<Times, "oldestStamp" | "arrivedAt">, maxAgeSeconds: number): number {
  return Math.min(times.oldestStamp, times.arrivedAt) + maxAgeSeconds * 1_000 + 1;
}

/**
 * A hint about time zones when a line's stamp is off from its arrival by about whole quarter-hours (R5).
 * @returns a sentence with a leading space, or an empty text when no zone fits.
 */
export function zoneHint(alert: Alert, arrivedAt: number, timezone: string): string {
  const off = alert.stamp - arrivedAt;
  const quarters = Math.round(off / QUARTER_HOUR_MS);
  if (quarters === 0 || Math.abs(quarters) > 14 * 4 || Math.abs(off - quarters * QUARTER_HOUR_MS) > ARRIVAL_TOLERANCE_MS) return "";
  const distance = `When the line arrived, its stamp was ${duration(Math.abs(off))} ${off > 0 ? "ahead" : "behind"}`;
  if (alert.zoneOffsetMinutes === undefined) return ` ${distance}: the UTC offset in the stamp looks wrong.`;
  const fitting = offsetText(alert.zoneOffsetMinutes + quarters * 15);
  return ` ${distance}: it was read as ${timezone} (${offsetText(alert.zoneOffsetMinutes)}), but ${fitting} would fit. Set ALERTS_TIMEZONE to the writer's zone.`;
}

/** `45 s`, `12 min`, `3.5 h`, `2 days`: as exact as a person needs. */
export function duration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 600) return `${seconds.toFixed(0)} s`;
  if (seconds < 2 * 3_600) return `${(seconds / 60).toFixed(0)} min`;
  if (seconds < 2 * 86_400) return `${(seconds / 3_600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(0)} days`;
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  const pad = (value: number): string => String(value).padStart(2, "0");
  return `UTC${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}
