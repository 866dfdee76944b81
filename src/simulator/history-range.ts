import { badParameter, choice, flag, optional } from "./parameters.ts";
import { unprocessable } from "./refusals.ts";
import {
  DAY_MS,
  extendedHours,
  type MarketHours,
  type MarketSession,
  newYorkDate,
  newYorkInstant,
  sessionOn,
  sessionsBetween,
} from "./sessions.ts";
import { millisOf } from "./timestamps.ts";

const MINUTE_MS = 60_000;
const TIMEFRAMES = { "1Min": MINUTE_MS, "5Min": 5 * MINUTE_MS, "15Min": 15 * MINUTE_MS, "1H": 60 * MINUTE_MS, "1D": DAY_MS } as const;
const TIMEFRAME_NAMES = ["1Min", "5Min", "15Min", "1H", "1D"] as const;
const REPORTING = ["market_hours", "extended_hours", "continuous"] as const;
type Reporting = (typeof REPORTING)[number];
const PERIOD = /^([1-9]\d{0,3})([DWMA])$/;
const DEFAULT_PERIOD = "1M";
/** Longest intraday span, and the default timeframe below each span. */
const LONGEST_INTRADAY_DAYS = 30;
const MINUTES_BELOW_DAYS = 7;
/** A day's timestamp is the end of its extended session. */
const DAY_STAMP_TIME = "20:00";

export interface HistoryWindow {
  /** Seconds since the epoch. */
  readonly stamp: number;
  /** The time of the equity shown, milliseconds since the epoch. */
  readonly at: number;
  readonly dayBegan: number;
}

export interface HistoryRange {
  readonly timeframe: (typeof TIMEFRAME_NAMES)[number];
  readonly windows: readonly HistoryWindow[];
}

/**
 * The windows a portfolio history request covers: none before the account opened, none that have not begun.
 * @throws Refusal for parameters that cannot be read or contradict each other.
 */
export function historyRange(query: URLSearchParams, now: number, hours: MarketHours, createdAt: number): HistoryRange {
  const { start, end } = bounds(query, now);
  const days = (end - start) / DAY_MS;
  const timeframe = choice(
    query,
    "timeframe",
    TIMEFRAME_NAMES,
    days < MINUTES_BELOW_DAYS ? "1Min" : days < LONGEST_INTRADAY_DAYS ? "15Min" : "1D",
  );
  const reporting = choice(query, "intraday_reporting", REPORTING, flag(query, "extended_hours") ? "extended_hours" : "market_hours");
  if (timeframe === "1D") return { timeframe, windows: dailyWindows(start, end, now, createdAt) };
  if (days > LONGEST_INTRADAY_DAYS + 1) throw unprocessable("only 1D is accepted as timeframe for more than 30 days");
  const step = TIMEFRAMES[timeframe];
  const stretches = hours.endless ? continuous(start, end, step) : intradayStretches(reporting, start, end, step);
  const last = Math.min(end, now);
  const windows = stretches.flatMap((stretch) => intradayWindows(stretch, step, now));
  return { timeframe, windows: windows.filter(({ at, stamp }) => stamp * 1_000 <= last && at >= createdAt) };
}

function bounds(query: URLSearchParams, now: number): { start: number; end: number } {
  const start = optional(query, "start", millisOf);
  const end = optional(query, "end", millisOf);
  const period = query.get("period") ?? "";
  if (start !== undefined && end !== undefined && period !== "")
    throw unprocessable("only two of start, end and period can be specified at the same time");
  if (start !== undefined) return ordered(start, end ?? (period === "" ? now : shifted(start, period, 1)));
  const until = end ?? now;
  return ordered(shifted(until, period === "" ? DEFAULT_PERIOD : period, -1), until);
}

function ordered(start: number, end: number): { start: number; end: number } {
  if (start > end) throw unprocessable("end should not be before start");
  return { start, end };
}

/** Months and years are those of the calendar in UTC; the 31st of a shorter month is its last day. */
function shifted(at: number, period: string, direction: 1 | -1): number {
  const [, count = "", unit = ""] = PERIOD.exec(period) ?? [];
  if (unit === "") throw badParameter("period", period);
  const number = Number(count) * direction;
  if (unit === "D" || unit === "W") return at + number * DAY_MS * (unit === "W" ? 7 : 1);
  const date = new Date(at);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + number * (unit === "A" ? 12 : 1));
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return date.getTime();
}

function dailyWindows(start: number, end: number, now: number, createdAt: number): HistoryWindow[] {
  return sessionsBetween(newYorkDate(start), newYorkDate(end))
    .filter(({ open, close }) => open <= now && close > createdAt)
    .map(({ close, date, open }) => ({ stamp: newYorkInstant(date, DAY_STAMP_TIME) / 1_000, at: Math.min(close, now), dayBegan: open }));
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  /** `undefined` where every window starts its own day: trading never stops. */
  readonly dayBegan: number | undefined;
}

function intradayStretches(reporting: Reporting, start: number, end: number, step: number): Stretch[] {
  if (reporting === "continuous") return continuous(start, end, step);
  const reported = (session: MarketSession): { open: number; close: number } =>
    reporting === "extended_hours" ? extendedHours(session) : session;
  const startSession = sessionOn(newYorkDate(start));
  const startIsOver = startSession !== undefined && start > reported(startSession).close;
  return sessionsBetween(newYorkDate(start), newYorkDate(end))
    .filter((session) => !(startIsOver && session.date === startSession.date))
    .map((session) => ({ from: reported(session).open, to: reported(session).close, dayBegan: session.open }));
}

function continuous(start: number, end: number, step: number): Stretch[] {
  return [{ from: Math.floor(start / step) * step, to: end, dayBegan: undefined }];
}

/** From the first timestamp to the last, inclusive: the one at the close shows the equity at the close. */
function intradayWindows({ dayBegan, from, to }: Stretch, step: number, now: number): HistoryWindow[] {
  const windows: HistoryWindow[] = [];
  for (let at = from; at <= to; at += step)
    windows.push({ stamp: at / 1_000, at: Math.min(at + step, now, Math.max(to, at)), dayBegan: dayBegan ?? at });
  return windows;
}
