import { z } from "zod";
import type { MarketPrices, PriceAt } from "../domain/broker.ts";
import type { Decimal } from "../domain/decimal.ts";
import { max, ZERO } from "../domain/decimal.ts";
import { amount, instant, piece, read } from "./wire.ts";
import { marketDate } from "../domain/market-day.ts";

/*
 * A missing or unreadable part is not a price. That is safe, since a price counts only when a second one agrees
 * with it (R10), and one bad quote must not hide the prices of all symbols.
 */
const trade = piece(z.object({ p: amount, t: instant }));
const quote = piece(z.object({ bp: amount, ap: amount, t: instant }));
const bar = piece(z.object({ c: amount, t: instant, v: piece(amount) }));

const snapshotSchema = z.object({ latestTrade: trade, latestQuote: quote, minuteBar: bar, dailyBar: bar, prevDailyBar: bar });

/** An unknown symbol is missing from the answer, or null in it. */
const snapshotsSchema = z.record(z.string(), piece(snapshotSchema));

/**
 * Prices of the snapshots answer. A bar's price counts as of the bar's start, the earliest possible time.
 * @param now decides which daily bar is the previous session's, milliseconds since the epoch.
 * @throws UnreadableAnswer when the answer has another format.
 */
export function toMarketPrices(json: unknown, now: number): Map<string, MarketPrices> {
  const prices = new Map<string, MarketPrices>();
  for (const [symbol, snapshot] of Object.entries(read(snapshotsSchema, json))) {
    if (snapshot !== undefined) prices.set(symbol, fromSnapshot(snapshot, now));
  }
  return prices;
}

function fromSnapshot(snapshot: z.output<typeof snapshotSchema>, now: number): MarketPrices {
  const { latestTrade, latestQuote, minuteBar, dailyBar, prevDailyBar } = snapshot;
  // Until today's first trade the "daily" bar is the previous session's.
  const previous = dailyBar !== undefined && marketDate(dailyBar.t) < marketDate(now) ? dailyBar : prevDailyBar;
  return {
    trade: latestTrade && priceAt(latestTrade.p, latestTrade.t),
    quote: latestQuote && { bid: latestQuote.bp, ask: latestQuote.ap, at: latestQuote.t },
    minuteBar: minuteBar && priceAt(minuteBar.c, minuteBar.t),
    previousClose: previous && priceAt(previous.c, previous.t),
    dayVolume: busier(dailyBar?.v, prevDailyBar?.v),
  };
}

/** Early in a session the previous day is the better estimate of volume. */
function busier(one: Decimal | undefined, other: Decimal | undefined): Decimal | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return max(one, other);
}

function priceAt(price: Decimal, at: number): PriceAt | undefined {
  return price.gt(ZERO) ? { price, at } : undefined;
}
