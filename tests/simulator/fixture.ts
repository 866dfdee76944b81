import { decimal } from "../../src/domain/decimal.ts";
import { Exchange } from "../../src/simulator/exchange.ts";
import type { ExchangeOptions } from "../../src/simulator/exchange-options.ts";
import type { TradeUpdate } from "../../src/simulator/orders.ts";
import { Refusal } from "../../src/simulator/refusals.ts";
import { Venue, type VenueOptions } from "../../src/simulator/venue.ts";
import { fetchFor } from "./in-process-fetch.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";

/** A Monday in a normal week, at 11:00 in New York. */
export const MARKET_OPEN = Date.parse("2025-07-14T15:00:00Z");
/** The Saturday before. */
export const WEEKEND = Date.parse("2025-07-12T15:00:00Z");
export const KEYS = { "APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret" };

export interface Fixture {
  readonly clock: VirtualClock;
  readonly exchange: Exchange;
  readonly updates: TradeUpdate[];
}

/** An exchange with fixed prices and without partial fills, by default. */
export function openExchange(options: Partial<ExchangeOptions> = {}, start = MARKET_OPEN): Fixture {
  const clock = new VirtualClock(start);
  const exchange = new Exchange({
    clock,
    partialFillProbability: 0,
    prices: { SMR: "40", LEU: "200", BTAL: "20", SPY: "600", CWVX: "28" },
    ...options,
  });
  const updates: TradeUpdate[] = [];
  exchange.onTradeUpdate((update) => updates.push(update));
  return { clock, exchange, updates };
}

export function holding(symbol: string, quantity: string, averagePrice: string): NonNullable<ExchangeOptions["positions"]>[number] {
  return { symbol, quantity: decimal(quantity), averagePrice: decimal(averagePrice) };
}

export function marketOrder(side: "buy" | "sell", symbol: string, size: Record<string, string>): Record<string, unknown> {
  return { symbol, side, type: "market", time_in_force: "day", ...size };
}

export function limitOrder(side: "buy" | "sell", symbol: string, qty: string, limitPrice: string): Record<string, unknown> {
  return { symbol, side, type: "limit", time_in_force: "day", qty, limit_price: limitPrice };
}

/** The refusal thrown by an action. */
export function refusalOf(action: () => unknown): { status: number; body: unknown } {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof Refusal) return { status: thrown.status, body: thrown.body };
    throw thrown;
  }
  throw new Error("It was not refused.");
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

export interface Client {
  readonly venue: Venue;
  readonly request: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;
}

/** Calls an in-process venue as a client would. */
export function clientOf(exchange: Exchange, options: Partial<VenueOptions> = {}): Client {
  const venue = new Venue({ exchange, ...options });
  const send = fetchFor(venue);
  return {
    venue,
    async request(method, path, body, headers = KEYS) {
      const response = await send(`http://venue${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: text === "" ? undefined : (JSON.parse(text) as unknown) };
    },
  };
}
