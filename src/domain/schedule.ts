import { DateTime } from "luxon";
import type { Session } from "./broker.ts";
import { MARKET_ZONE } from "./market-day.ts";

/** When the daemon generates signals by itself (SIGNAL_SCHEDULE). */
export type Schedule =
  /** A wall-clock time of a zone, on session days. */
  | { readonly kind: "time"; readonly hour: number; readonly minute: number; readonly zone: string }
  | { readonly kind: "before-close"; readonly minutes: number };

/** Shorter than a half-day's session, which has 210 minutes. */
const MOST_MINUTES = 200;
const MINUTE_MS = 60_000;
/** When a whole session ends in New York. */
const REGULAR_CLOSE_HOUR = 16;

const TIME = /^(\d{1,2}):(\d\d)\s+([A-Za-z][\w+/-]*)$/;
const BEFORE_CLOSE = /^(\d{1,3})\s+minutes?\s+before\s+close$/i;

/** Reads `15:45 America/New_York` and `15 minutes before close`; `undefined` for anything else. */
export function readSchedule(text: string): Schedule | undefined {
  const before = BEFORE_CLOSE.exec(text);
  if (before !== null) {
    const minutes = Number(before[1]);
    return minutes >= 1 && minutes <= MOST_MINUTES ? { kind: "before-close", minutes } : undefined;
  }
  const [, hours = "", minutes = "", zone = ""] = TIME.exec(text) ?? [];
  const [hour, minute] = [Number(hours), Number(minutes)];
  if (zone === "" || hour > 23 || minute > 59 || !DateTime.fromMillis(0, { zone }).isValid) return undefined;
  return { kind: "time", hour, minute, zone };
}

/** As it is written in SIGNAL_SCHEDULE. */
export function scheduleText(schedule: Schedule): string {
  if (schedule.kind === "before-close") return `${schedule.minutes} ${schedule.minutes === 1 ? "minute" : "minutes"} before close`;
  return `${String(schedule.hour).padStart(2, "0")}:${String(schedule.minute).padStart(2, "0")} ${schedule.zone}`;
}

/**
 * When the signal of a session is due, milliseconds since the epoch. On a day that closes early, a time that lies
 * after the close keeps its distance to it: 15:45 of a whole day is 12:45 of one that closes at 13:00.
 * @returns `undefined` where the time lies outside the session, so that nothing could be traded on it.
 */
export function dueAt(schedule: Schedule, session: Session): number | undefined {
  if (schedule.kind === "before-close") return within(session.close - schedule.minutes * MINUTE_MS, session);
  const wanted = wallClock(session.date, schedule.hour, schedule.minute, schedule.zone);
  const missed = Math.max(0, wallClock(session.date, REGULAR_CLOSE_HOUR, 0, MARKET_ZONE) - session.close);
  return within(wanted, session) ?? within(wanted - missed, session);
}

function within(at: number, { open, close }: Session): number | undefined {
  return at >= open && at < close ? at : undefined;
}

/** The time in the zone's day that contains the session: Asia is at the next day's morning when New York closes. */
function wallClock(date: string, hour: number, minute: number, zone: string): number {
  const noon = DateTime.fromISO(`${date}T12:45`, { zone: MARKET_ZONE }).setZone(zone);
  const days = [-1, 0, 1].map((shift) => noon.plus({ days: shift }).set({ hour, minute, second: 0, millisecond: 0 }).toMillis());
  const nearest = days.reduce((best, at) => (Math.abs(at - noon.toMillis()) < Math.abs(best - noon.toMillis()) ? at : best));
  return nearest;
}
