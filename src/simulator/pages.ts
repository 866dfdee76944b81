import { badParameter, choice, optional } from "./parameters.ts";
import { Refusal } from "./refusals.ts";
import type { Direction } from "./tape.ts";

const POINTS_BY_DEFAULT = 1_000;
const MOST_POINTS = 10_000;

/** Where a page begins: at a symbol, and there at a time. */
export interface Place {
  readonly symbol: string;
  readonly at: number;
}

/** How many data points of all symbols fit on a page. @throws Refusal in Alpaca's words above its maximum. */
export function pointLimit(query: URLSearchParams): number {
  const limit = optional(query, "limit", (text) => (/^[1-9]\d*$/.test(text) ? Number(text) : undefined)) ?? POINTS_BY_DEFAULT;
  if (limit > MOST_POINTS) throw new Refusal(400, { message: `invalid limit: larger than the allowed maximum of ${String(MOST_POINTS)}` });
  return limit;
}

/** @throws Refusal */
export function sortOf(query: URLSearchParams): Direction {
  return choice(query, "sort", ["asc", "desc"], "asc");
}

/** Identifies the first data point that did not fit on a page. */
export function tokenOf({ symbol, at }: Place): string {
  return Buffer.from(`${symbol}|${new Date(at).toISOString()}`).toString("base64");
}

/** The place that `page_token` names; `undefined` for the first page. @throws Refusal for a token of another request. */
export function placeOf(query: URLSearchParams, symbols: readonly string[]): Place | undefined {
  return optional(query, "page_token", (token) => {
    const [symbol = "", stamp = ""] = Buffer.from(token, "base64").toString().split("|");
    const at = Date.parse(stamp);
    return symbols.includes(symbol) && !Number.isNaN(at) ? { symbol, at } : undefined;
  });
}

export function badToken(query: URLSearchParams): Refusal {
  return badParameter("page_token", query.get("page_token") ?? "");
}
