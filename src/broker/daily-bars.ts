import { DateTime } from "luxon";
import { z } from "zod";
import { MARKET_ZONE, marketDate } from "../domain/market-day.ts";
import type { DailyBar } from "../domain/daily-bar.ts";
import { instant, optional, read, UnreadableAnswer, withDefault } from "./wire.ts";

/**
 * Bars per answer, over all symbols together. The venue allows 10,000, but a slow venue may exceed the read
 * deadline with so large an answer.
 */
export const BARS_PER_PAGE = 2_000;
/** A million bars: far above any strategy's needs, and a stop for a server that repeats itself. */
const MAX_PAGES = 100;

export interface BarsPage {
  readonly bars: ReadonlyMap<string, readonly DailyBar[]>;
  /** `undefined` on the last page. */
  readonly nextToken: string | undefined;
}

const barSchema = z
  .looseObject({ t: instant, o: z.number(), h: z.number(), l: z.number(), c: z.number(), v: z.number() })
  .transform(({ t, o, h, l, c, v }): DailyBar => ({ session: marketDate(t), open: o, high: h, low: l, close: c, volume: v }));

const pageSchema = z.looseObject({
  bars: withDefault(z.record(z.string(), withDefault(z.array(barSchema), [])), {}),
  next_page_token: optional(z.string()),
});

/**
 * One page of daily bars. A bar's timestamp is midnight in New York, and it belongs to the session of that date.
 * @throws UnreadableAnswer with symbol and bar: a bar that lacks a figure makes the answer unreadable, because
 * leaving it out would be a gap.
 */
export function toBarsPage(json: unknown): BarsPage {
  const page = read(pageSchema, json);
  return { bars: new Map(Object.entries(page.bars)), nextToken: page.next_page_token };
}

/**
 * The bars of all pages, each symbol's oldest first. A symbol's bars may continue on the next page.
 * @throws UnreadableAnswer instead of returning a series that ends too early.
 */
export async function allBars(
  symbols: readonly string[],
  page: (token: string | undefined) => Promise<BarsPage>,
): Promise<Map<string, DailyBar[]>> {
  const found = new Map<string, DailyBar[]>();
  const seen = new Set<string>();
  let token: string | undefined;
  for (let count = 0; count < MAX_PAGES; count++) {
    const { bars, nextToken } = await page(token);
    for (const symbol of symbols) append(found, symbol, bars.get(symbol) ?? []);
    if (nextToken === undefined) return found;
    if (seen.has(nextToken)) break;
    seen.add(nextToken);
    token = nextToken;
  }
  throw new UnreadableAnswer("the list of daily bars has no end");
}

function append(found: Map<string, DailyBar[]>, symbol: string, bars: readonly DailyBar[]): void {
  if (bars.length === 0) return;
  const known = found.get(symbol);
  if (known === undefined) found.set(symbol, [...bars]);
  else known.push(...bars);
}

/** The request for sessions from `start` to `end` (New York dates, inclusive). */
export interface BarsRange {
  readonly start: Date;
  readonly end: Date;
  readonly feed: HistoricalFeed;
}

type HistoricalFeed = "iex" | "sip" | "boats" | "otc";

/** Timestamps to request, and the feed. Every account may read `iex` up to now; ALPACA_DATA_FEED overrides it. */
export function barsRange(start: string, end: string, dataFeed: string | undefined, now: number): BarsRange {
  const from = midnight(start).toJSDate();
  const until = Math.min(midnight(end).plus({ days: 1 }).toMillis() - 1, now);
  return { start: from, end: new Date(until), feed: feedOfThePast(dataFeed) };
}

function feedOfThePast(dataFeed: string | undefined): HistoricalFeed {
  switch (dataFeed) {
    case "sip":
      return "sip";
    case "boats":
    case "overnight":
      return "boats";
    case "otc":
      return "otc";
    default:
      return "iex";
  }
}

function midnight(date: string): DateTime {
  return DateTime.fromISO(date, { zone: MARKET_ZONE });
}
