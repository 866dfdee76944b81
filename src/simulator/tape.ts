import type { Market } from "./market.ts";
import { stretchesBetween } from "./sessions.ts";
import { stampOf } from "./timestamps.ts";
import type { Quote, Trade } from "./wire.ts";

/** Between two trades, and between two quotes, of a symbol while its market is open. */
const TICK_MS = 1_000;
/** Quotes come half a second after trades, so that a client sees them one after the other. */
const QUOTE_OFFSET_MS = 500;
export const SHARES_OF_A_PRINT = 100;
const EXCHANGE_CODE = "V";

export type TickKind = "trades" | "quotes";
export type Direction = "asc" | "desc";

/** A trade or a quote, and when it was made. */
export interface Tick<T> {
  readonly at: number;
  readonly entry: T;
}

/**
 * Trades and quotes as single events: one each second while the market is open, one at the close, and one whenever
 * a price is fixed. On a thin feed they are the feed's prints and quotes. The same for every client and at every
 * time of asking.
 */
export class Tape {
  readonly #market: Market;

  constructor(market: Market) {
    this.#market = market;
  }

  /** The newest trade that a client sees at `at`; `undefined` for a symbol without one. */
  trade(symbol: string, at: number): Trade | undefined {
    if (this.#market.ticking || this.#isThin(symbol)) return this.lastTrade(symbol, at)?.entry;
    return this.#tradeOf(symbol, at)?.entry;
  }

  quote(symbol: string, at: number): Quote | undefined {
    if (this.#market.ticking || this.#hasSlots(symbol)) return this.lastQuote(symbol, at)?.entry;
    return this.#quoteOf(symbol, at)?.entry;
  }

  /** The last one on the tape at or before `at`. */
  lastTrade(symbol: string, at: number): Tick<Trade> | undefined {
    const place = this.#isThin(symbol) ? this.#market.feed.lastPrint(symbol, at) : this.#lastInstant(symbol, at, 0);
    return place === undefined ? undefined : this.#tradeOf(symbol, place);
  }

  lastQuote(symbol: string, at: number): Tick<Quote> | undefined {
    return this.#quoteOf(symbol, this.#hasSlots(symbol) ? at : this.#lastInstant(symbol, at, QUOTE_OFFSET_MS));
  }

  /** All of a symbol within [from, until], each made when it is taken. */
  *trades(symbol: string, from: number, until: number, direction: Direction = "asc"): Generator<Tick<Trade>> {
    const { feed } = this.#market;
    const prints = this.#isThin(symbol) ? feed.printsBetween(symbol, from, until + 1) : undefined;
    const instants = prints === undefined ? this.#instants(symbol, from, until, 0, direction) : inDirection(prints, direction);
    yield* made(instants, (at) => this.#tradeOf(symbol, at));
  }

  *quotes(symbol: string, from: number, until: number, direction: Direction = "asc"): Generator<Tick<Quote>> {
    const { feed } = this.#market;
    const slots = this.#hasSlots(symbol) ? feed.quotesBetween(symbol, from, until + 1) : undefined;
    const instants = slots === undefined ? this.#instants(symbol, from, until, QUOTE_OFFSET_MS, direction) : inDirection(slots, direction);
    yield* made(instants, (at) => this.#quoteOf(symbol, at));
  }

  #isThin(symbol: string): boolean {
    return this.#market.feed.settingsOf(symbol) !== undefined;
  }

  /** Whether a thin feed says when its quotes change. */
  #hasSlots(symbol: string): boolean {
    return (this.#market.feed.settingsOf(symbol)?.quoteEveryMs ?? 0) > 0;
  }

  #tradeOf(symbol: string, place: number): Tick<Trade> | undefined {
    const trade = this.#market.prices.trade(symbol, place);
    if (trade === undefined) return undefined;
    const entry = {
      t: stampOf(trade.at, 0),
      x: EXCHANGE_CODE,
      p: Number(trade.price.toFixed()),
      s: SHARES_OF_A_PRINT,
      c: ["@"],
      i: trade.at,
      z: this.#market.tapeOf(symbol),
    };
    return { at: trade.at, entry };
  }

  #quoteOf(symbol: string, place: number): Tick<Quote> | undefined {
    const { at, empty } = this.#market.feed.quote(symbol, place);
    const quote = this.#market.prices.quote(symbol, at);
    if (quote === undefined) return undefined;
    const bp = empty === "bid" ? 0 : Number(quote.bid.toFixed());
    const ap = empty === "ask" ? 0 : Number(quote.ask.toFixed());
    const bid = { bp, bs: bp === 0 ? 0 : SHARES_OF_A_PRINT, bx: EXCHANGE_CODE };
    const ask = { ap, as: ap === 0 ? 0 : SHARES_OF_A_PRINT, ax: EXCHANGE_CODE };
    return { at: quote.at, entry: { t: stampOf(quote.at, 0), ...bid, ...ask, c: ["R"], z: this.#market.tapeOf(symbol) } };
  }

  /** The last tick or change of a price at or before `at`; while the market is closed, the price is frozen anyway. */
  #lastInstant(symbol: string, at: number, offset: number): number {
    const { hours, prices } = this.#market;
    const open = hours.lastOpenInstant(at);
    const tick = Math.floor((open - offset) / TICK_MS) * TICK_MS + offset;
    const change = prices.changesBetween(symbol, tick, at).at(-1) ?? tick;
    return Math.max(hours.isOpen(at) ? tick : open, change);
  }

  *#instants(symbol: string, from: number, until: number, offset: number, direction: Direction): Generator<number> {
    const stretches = stretchesBetween(this.#market.hours, from, until);
    for (const { open, close } of inDirection(stretches, direction)) {
      const first = Math.max(open, from);
      const last = Math.min(close, until);
      const changes = this.#market.prices.changesBetween(symbol, first, last);
      const more = [...changes, ...(close <= until && !this.#market.hours.endless ? [close] : [])];
      yield* merged(first, last, offset, [...new Set(more)], direction);
    }
  }
}

/** The ticks within [first, last] and further instants among them, in order. */
function* merged(first: number, last: number, offset: number, more: readonly number[], direction: Direction): Generator<number> {
  const sign = direction === "asc" ? 1 : -1;
  const [start, end] = direction === "asc" ? [first, last] : [last, first];
  const round = direction === "asc" ? Math.ceil : Math.floor;
  const rest = inDirection(
    [...more].sort((one, other) => one - other),
    direction,
  );
  let tick = round((start - offset) / TICK_MS) * TICK_MS + offset;
  for (const next of rest) {
    for (; (next - tick) * sign > 0; tick += TICK_MS * sign) yield tick;
    if (tick === next) tick += TICK_MS * sign;
    yield next;
  }
  for (; (end - tick) * sign >= 0; tick += TICK_MS * sign) yield tick;
}

/** Leaves out instants at which the market stood still: their price is an earlier one's. */
function* made<T>(instants: Iterable<number>, of: (at: number) => Tick<T> | undefined): Generator<Tick<T>> {
  let before: number | undefined;
  for (const at of instants) {
    if (at === before) continue;
    before = at;
    const tick = of(at);
    if (tick?.at === at) yield tick;
  }
}

function inDirection<T>(ascending: readonly T[], direction: Direction): readonly T[] {
  return direction === "asc" ? ascending : ascending.toReversed();
}
