import { choice, optional } from "./parameters.ts";
import { Refusal } from "./refusals.ts";
import { millisOf } from "./timestamps.ts";

const RECENT_MS = 15 * 60_000;
const DELAY_MS = RECENT_MS;
const FEEDS = ["sip", "iex", "delayed_sip", "boats", "overnight", "otc"] as const;

/** Inclusive; milliseconds since the epoch. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The `start` and `end` of a request for history.
 * @param sip whether the account pays for recent data of all exchanges.
 * @param byDefault the start where the request names none.
 * @throws Refusal
 */
export function rangeOf(query: URLSearchParams, now: number, sip: boolean, byDefault: number): TimeRange {
  const asked = optional(query, "end", millisOf);
  const limited = choice(query, "feed", FEEDS, "iex") === "sip" && !sip;
  if (limited && asked !== undefined && asked > now - RECENT_MS) throw noRecentData();
  const end = asked ?? (limited ? now - RECENT_MS : now);
  const start = optional(query, "start", millisOf) ?? byDefault;
  if (start > end) throw new Refusal(400, { message: "end should not be before start" });
  return { start, end };
}

/** Of which time the latest data of the requested feed is. @throws Refusal */
export function dataTimeOf(query: URLSearchParams, now: number, sip: boolean): number {
  const feed = choice(query, "feed", FEEDS, "iex");
  if (feed === "sip" && !sip) throw noRecentData();
  return feed === "delayed_sip" ? now - DELAY_MS : now;
}

function noRecentData(): Refusal {
  return new Refusal(403, { message: "subscription does not permit querying recent SIP data" });
}
