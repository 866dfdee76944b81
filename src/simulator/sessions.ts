import { DateTime } from "luxon";
import { tradingDay } from "./holidays.ts";

const NEW_YORK = "America/New_York";
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** Position of `HH:mm` in an ISO time. */
const HOURS_AND_MINUTES = ["yyyy-mm-ddT".length, "yyyy-mm-ddTHH:mm".length] as const;
/** The years covered by the venue's calendar. */
export const CALENDAR_START = "1970-01-01";
export const CALENDAR_END = "2029-12-31";
/** Sessions until settlement, by the first trade date of each rule. */
const SETTLEMENT_CYCLES = [
  { from: "2024-05-28", sessions: 1 },
  { from: "2017-09-05", sessions: 2 },
  { from: "", sessions: 3 },
] as const;

/** One regular session; instants in milliseconds since the epoch. */
export interface MarketSession {
  readonly date: string;
  readonly open: number;
  readonly close: number;
  readonly early: boolean;
}

export interface MarketHours {
  /** Whether there are no sessions, and trading at any time. */
  readonly endless: boolean;
  isOpen(at: number): boolean;
  /** Whether it is the time before or after a session in which orders for extended hours trade. */
  isExtended(at: number): boolean;
  nextOpen(at: number): number;
  nextClose(at: number): number;
  /** `at` itself while the market is open, else the previous close. */
  lastOpenInstant(at: number): number;
}

const cache = new Map<string, MarketSession | undefined>();

/** The session of a New York date, or `undefined` on weekends and holidays. */
export function sessionOn(date: string): MarketSession | undefined {
  if (cache.has(date)) return cache.get(date);
  const session = computeSession(date);
  cache.set(date, session);
  return session;
}

function computeSession(date: string): MarketSession | undefined {
  const kind = tradingDay(date);
  if (kind === "closed") return undefined;
  const early = kind === "early-close";
  return { date, open: newYorkInstant(date, "09:30"), close: newYorkInstant(date, early ? "13:00" : "16:00"), early };
}

/** The session including extended hours: from 04:00 to 20:00, or 17:00 on a half day. */
export function extendedHours({ date, early }: MarketSession): { open: number; close: number } {
  return { open: newYorkInstant(date, "04:00"), close: newYorkInstant(date, early ? "17:00" : "20:00") };
}

/** Sessions from `start` to `end`, both New York dates, inclusive. */
export function sessionsBetween(start: string, end: string): MarketSession[] {
  const found: MarketSession[] = [];
  for (let day = Date.parse(start); day <= Date.parse(end); day += DAY_MS) {
    const session = sessionOn(dateAt(day));
    if (session !== undefined) found.push(session);
  }
  return found;
}

/** The current or next session at `at` or, with `-1`, the last one that ended. */
export function sessionNear(at: number, direction: 1 | -1): MarketSession {
  for (let day = dayOf(at); ; day += direction) {
    const session = sessionOfDay(day);
    if (session !== undefined && (direction === 1 ? session.close > at : session.close <= at)) return session;
  }
}

export function newYorkDate(at: number): string {
  return newYorkClock(at).slice(0, "yyyy-mm-dd".length);
}

/** RFC 3339 with New York's offset at that time; as the venue writes them, without zeros at the end of the fraction. */
export function newYorkStamp(at: number): string {
  const offset = newYorkOffset(at);
  const size = new Date(Math.abs(offset)).toISOString().slice(...HOURS_AND_MINUTES);
  return `${withoutTrailingZeros(newYorkClock(at))}${offset < 0 ? "-" : "+"}${size}`;
}

/** A local time with a fraction, without the zeros at its end: `09:30:00.500` gives `09:30:00.5`. */
export function withoutTrailingZeros(time: string): string {
  return time.replace(/\.?0+$/, "");
}

export function newYorkTime(at: number): string {
  return newYorkClock(at).slice(...HOURS_AND_MINUTES);
}

const instants = new Map<string, number>();

/** @param time `HH:mm` in New York time. */
export function newYorkInstant(date: string, time: string): number {
  const text = `${date}T${time}`;
  const known = instants.get(text);
  if (known !== undefined) return known;
  const at = DateTime.fromISO(text, { zone: NEW_YORK }).toMillis();
  instants.set(text, at);
  return at;
}

export function settlementDate(date: string): string {
  const cycle = SETTLEMENT_CYCLES.find(({ from }) => date >= from)?.sessions ?? 1;
  let day = Date.parse(date);
  for (let passed = 0; passed < cycle;) {
    day += DAY_MS;
    if (sessionOn(dateAt(day)) !== undefined) passed++;
  }
  return dateAt(day);
}

/** Regular NYSE sessions, 09:30 to 16:00 or 13:00. */
export const nyseHours: MarketHours = {
  endless: false,
  isOpen(at) {
    const session = sessionOfDay(dayOf(at));
    return session !== undefined && session.open <= at && at < session.close;
  },
  isExtended(at) {
    const session = sessionOn(newYorkDate(at));
    if (session === undefined || nyseHours.isOpen(at)) return false;
    const { open, close } = extendedHours(session);
    return open <= at && at < close;
  },
  nextOpen(at) {
    const session = sessionNear(at, 1);
    return session.open > at ? session.open : sessionNear(session.close, 1).open;
  },
  nextClose: (at) => sessionNear(at, 1).close,
  lastOpenInstant: (at) => (nyseHours.isOpen(at) ? at : sessionNear(at, -1).close),
};

/** Always open, for a demonstration at night: the "close" is always between 24 and 48 hours ahead. */
export const endlessHours: MarketHours = {
  endless: true,
  isOpen: () => true,
  isExtended: () => false,
  nextOpen: (at) => endlessHours.nextClose(at) + DAY_MS,
  nextClose: (at) => (Math.floor(at / DAY_MS) + 2) * DAY_MS,
  lastOpenInstant: (at) => at,
};

/** New York's local time, as an ISO time without a zone. */
export function newYorkClock(at: number): string {
  return new Date(at + newYorkOffset(at)).toISOString().slice(0, -1);
}

const offsets = new Map<number, number>();

/** In milliseconds. The clocks change on the hour, so the zone's rules are looked up once per hour. */
function newYorkOffset(at: number): number {
  const hour = Math.floor(at / HOUR_MS);
  const known = offsets.get(hour);
  if (known !== undefined) return known;
  const offset = DateTime.fromMillis(at, { zone: NEW_YORK }).offset * MINUTE_MS;
  offsets.set(hour, offset);
  return offset;
}

const sessionsByDay = new Map<number, MarketSession | undefined>();

/** Sessions begin and end within one UTC day, so this finds the possible session without formatting the date. */
function sessionOfDay(day: number): MarketSession | undefined {
  if (sessionsByDay.has(day)) return sessionsByDay.get(day);
  const session = sessionOn(dateAt(day * DAY_MS));
  sessionsByDay.set(day, session);
  return session;
}

/** Whole UTC days since the epoch. */
function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** The UTC date; during a regular session it is New York's date as well. */
function dateAt(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Where trades can exist within [start, end]: the sessions around it, or all of it when the market never closes. `close` is exclusive. */
export function stretchesBetween(hours: MarketHours, start: number, end: number): { readonly open: number; readonly close: number }[] {
  if (end < start) return [];
  if (hours.endless) return [{ open: start, close: end + 1 }];
  const sessions = sessionsBetween(new Date(start).toISOString().slice(0, 10), new Date(end).toISOString().slice(0, 10));
  return sessions.filter(({ open, close }) => close >= start && open <= end);
}

/** Market hours that can be interrupted during a session; meanwhile the last price is frozen. */
export function haltable(hours: MarketHours): HaltableHours {
  let haltedSince: number | undefined;
  const isHalted = (at: number): boolean => haltedSince !== undefined && at >= haltedSince;
  return {
    ...hours,
    isOpen: (at) => !isHalted(at) && hours.isOpen(at),
    isExtended: (at) => !isHalted(at) && hours.isExtended(at),
    lastOpenInstant: (at) => hours.lastOpenInstant(isHalted(at) ? (haltedSince ?? at) : at),
    halt: (since) => {
      haltedSince = since;
    },
  };
}

export interface HaltableHours extends MarketHours {
  /** @param since start of the interruption; `undefined` ends it. */
  halt(since: number | undefined): void;
}
