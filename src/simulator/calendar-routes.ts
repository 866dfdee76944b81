import type { Exchange } from "./exchange.ts";
import { badParameter, choice, listOf, optional } from "./parameters.ts";
import {
  DAY_MS,
  CALENDAR_END,
  CALENDAR_START,
  extendedHours,
  type MarketSession,
  newYorkDate,
  newYorkStamp,
  newYorkTime,
  sessionNear,
  sessionOn,
  sessionsBetween,
  settlementDate,
} from "./sessions.ts";
import { datePart, millisOf, secondStamp } from "./timestamps.ts";
import { type Answer, ok, pathRest, type RouteRequest } from "./wire.ts";

const MARKET = { timezone: "America/New_York" };
/** Markets with known hours: those that keep the sessions of New York's stock exchanges. */
const MARKETS: ReadonlyMap<string, { readonly mic: string; readonly acronym: string; readonly name: string }> = new Map(
  (
    [
      ["NYSE", "XNYS", "New York Stock Exchange"],
      ["NASDAQ", "XNAS", "NASDAQ"],
      ["IEX", "IEXG", "Investors Exchange"],
      ["OTC", "OTCM", "OTC Markets"],
    ] as const
  ).flatMap(([acronym, mic, name]) => [acronym, mic].map((key) => [key, { mic, acronym, name }])),
);
/** Days from a trade to its settlement, over a long weekend in the years of three sessions. */
const LONGEST_SETTLEMENT_DAYS = 14;
const MARKETS_BY_DEFAULT = ["NYSE", "NASDAQ"];

/** Clock and calendar in both versions; `undefined` for another path. @throws Refusal */
export function calendarRoute(exchange: Exchange, { method, path, query }: RouteRequest): Answer | undefined {
  switch (`${method} ${path}`) {
    case "GET /v2/clock":
      return ok(clockView(exchange));
    case "GET /v2/calendar":
      return ok(calendar(query));
    case "GET /v3/clock":
      return ok({ clocks: clocks(exchange, query) });
  }
  const market = pathRest(path, "/v3/calendar/");
  return method === "GET" && market !== undefined ? ok(marketCalendar(market, query, exchange.clock.now())) : undefined;
}

function clockView({ clock, hours }: Exchange): Record<string, string | boolean> {
  const now = clock.now();
  return {
    timestamp: newYorkStamp(now),
    is_open: hours.isOpen(now),
    next_open: newYorkStamp(hours.nextOpen(now)),
    next_close: newYorkStamp(hours.nextClose(now)),
  };
}

/** `start` and `end` may be dates or full timestamps; only the date counts, of the trade or of its settlement. */
function calendar(query: URLSearchParams): Record<string, string>[] {
  const start = optional(query, "start", datePart) ?? CALENDAR_START;
  const end = optional(query, "end", datePart) ?? CALENDAR_END;
  if (choice(query, "date_type", ["TRADING", "SETTLEMENT"], "TRADING") === "TRADING") return knownSessions(start, end).map(calendarDay);
  const early = new Date(Date.parse(start) - LONGEST_SETTLEMENT_DAYS * DAY_MS).toISOString().slice(0, 10);
  return knownSessions(early, end)
    .map(calendarDay)
    .filter(({ settlement_date = "" }) => settlement_date >= start && settlement_date <= end);
}

function calendarDay(session: MarketSession): Record<string, string> {
  const extended = extendedHours(session);
  return {
    date: session.date,
    open: newYorkTime(session.open),
    close: newYorkTime(session.close),
    session_open: newYorkTime(extended.open).replace(":", ""),
    session_close: newYorkTime(extended.close).replace(":", ""),
    settlement_date: settlementDate(session.date),
  };
}

function clocks({ clock, hours }: Exchange, query: URLSearchParams): Record<string, unknown>[] {
  const at = optional(query, "time", millisOf) ?? clock.now();
  const markets = listOf(query, "markets");
  const phase = hours.endless ? { phase: "core", until: hours.nextClose(at) } : phaseAt(at, hours.isOpen(at), hours.nextOpen(at));
  return (markets.length === 0 ? MARKETS_BY_DEFAULT : markets).map((market) => ({
    market: marketView(market, "markets"),
    timestamp: newYorkStamp(at),
    is_market_day: hours.endless || sessionOn(newYorkDate(at)) !== undefined,
    next_market_open: newYorkStamp(hours.nextOpen(at)),
    next_market_close: newYorkStamp(hours.nextClose(at)),
    phase: phase.phase,
    phase_until: newYorkStamp(phase.until),
  }));
}

/** An interrupted session counts as closed until the next opening. */
function phaseAt(at: number, isOpen: boolean, nextOpen: number): { phase: string; until: number } {
  const session = sessionOn(newYorkDate(at)) ?? sessionNear(at, 1);
  const extended = extendedHours(session);
  if (at < extended.open) return { phase: "closed", until: extended.open };
  if (at < session.open) return { phase: "pre", until: session.open };
  if (at < session.close) return isOpen ? { phase: "core", until: session.close } : { phase: "closed", until: nextOpen };
  if (at < extended.close) return { phase: "post", until: extended.close };
  return { phase: "closed", until: extendedHours(sessionNear(at, 1)).open };
}

/** Default: from today, for a week. */
function marketCalendar(market: string, query: URLSearchParams, now: number): Record<string, unknown> {
  const stamp = choice(query, "timezone", ["", "UTC"], "") === "UTC" ? secondStamp : newYorkStamp;
  const start = optional(query, "start", datePart) ?? newYorkDate(now);
  const end = optional(query, "end", datePart) ?? new Date(Date.parse(start) + 7 * DAY_MS).toISOString().slice(0, 10);
  const view = marketView(market, "market");
  return { market: view, calendar: knownSessions(start, end).map((session) => marketDay(session, stamp)) };
}

function marketDay(session: MarketSession, stamp: (at: number) => string): Record<string, string> {
  const extended = extendedHours(session);
  return {
    date: session.date,
    pre_start: stamp(extended.open),
    pre_end: stamp(session.open),
    core_start: stamp(session.open),
    core_end: stamp(session.close),
    post_start: stamp(session.close),
    post_end: stamp(extended.close),
    settlement_date: settlementDate(session.date),
  };
}

function marketView(name: string, parameter: string): Record<string, string> {
  const market = MARKETS.get(name.toUpperCase());
  if (market === undefined) throw badParameter(parameter, name);
  return { ...market, ...MARKET };
}

function knownSessions(start: string, end: string): MarketSession[] {
  return sessionsBetween(start < CALENDAR_START ? CALENDAR_START : start, end > CALENDAR_END ? CALENDAR_END : end);
}
