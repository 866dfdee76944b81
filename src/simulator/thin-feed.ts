import { hashText, noiseAt } from "./random.ts";
import type { MarketHours } from "./sessions.ts";

const MINUTE_MS = 60_000;
const MINUTES_OF_SESSION = 390;
/** How far back to search for the print of a symbol with one print a day. */
const LONGEST_WALK_MINUTES = 40 * MINUTES_OF_SESSION;
const LAYERS = { count: 1, place: 100, quote: 200 } as const;

/** How little of the market a single-exchange feed shows. */
export interface FeedSettings {
  /** Per session, on average. */
  readonly printsPerDay: number;
  /** Milliseconds until the quote changes. */
  readonly quoteEveryMs: number;
  readonly oneSidedShare: number;
}

/**
 * The free feed, which sees one exchange: few prints, quotes that last a minute. Prints depend on seed, symbol and
 * time alone: a Poisson process over the minutes of the sessions.
 */
export class ThinFeed {
  readonly #seed: number;
  readonly #hours: MarketHours;
  readonly #settings = new Map<string, FeedSettings>();
  readonly #seeds = new Map<string, number>();
  /** Symbols that make any request including them fail. */
  readonly invalid = new Set<string>();
  /** Whether the last trade of the minute that begins at `from` is reported only half a minute after it. */
  hasLateTrade: (symbol: string, from: number) => boolean = () => false;

  constructor(seed: number, hours: MarketHours) {
    this.#seed = seed;
    this.#hours = hours;
  }

  /** @param symbol or `any` for all without their own settings; `undefined` restores the full feed. */
  show(symbol: string, settings: FeedSettings | undefined): void {
    if (settings === undefined) this.#settings.delete(symbol);
    else this.#settings.set(symbol, settings);
  }

  /** Names with digits, such as shares in escrow, are unknown to market data altogether. */
  isInvalid(symbol: string): boolean {
    return this.invalid.has(symbol) || /\d/.test(symbol);
  }

  settingsOf(symbol: string): FeedSettings | undefined {
    return this.#settings.size === 0 ? undefined : (this.#settings.get(symbol) ?? this.#settings.get("any"));
  }

  /** Time of the last print at or before `at`; `undefined` if there is none. */
  lastPrint(symbol: string, at: number): number | undefined {
    const newest = minuteOf(this.#hours.lastOpenInstant(at));
    const inThisMinute = this.#printsIn(symbol, newest).findLast((print) => print <= at);
    if (inThisMinute !== undefined) return inThisMinute;
    const minute = this.#lastMinuteWithPrint(symbol, newest - 1);
    return minute === undefined ? undefined : this.#printsIn(symbol, minute).at(-1);
  }

  /** Within [from, until). */
  printsBetween(symbol: string, from: number, until: number): number[] {
    const prints: number[] = [];
    for (let minute = minuteOf(from); minute * MINUTE_MS < until; minute++) prints.push(...this.#printsIn(symbol, minute));
    return prints.filter((print) => print >= from && print < until);
  }

  /** When the quote shown at `at` arrived, and which side of it is empty. */
  quote(symbol: string, at: number): { readonly at: number; readonly empty: "bid" | "ask" | undefined } {
    const { quoteEveryMs = 0, oneSidedShare = 0 } = this.settingsOf(symbol) ?? {};
    if (quoteEveryMs === 0) return { at, empty: undefined };
    const seed = this.#seedOf(symbol);
    const offset = Math.floor(shareAt(seed, LAYERS.quote, 0) * quoteEveryMs);
    const slot = Math.floor((at - offset) / quoteEveryMs);
    const drawn = shareAt(seed, LAYERS.quote + 1, slot);
    const side = drawn < oneSidedShare / 2 ? "bid" : "ask";
    return { at: slot * quoteEveryMs + offset, empty: drawn < oneSidedShare ? side : undefined };
  }

  /** When its quotes arrived, within [from, until). */
  quotesBetween(symbol: string, from: number, until: number): number[] {
    const everyMs = this.settingsOf(symbol)?.quoteEveryMs ?? 0;
    const times: number[] = [];
    if (everyMs > 0) for (let { at } = this.quote(symbol, until - 1); at >= from; at -= everyMs) times.unshift(at);
    return times;
  }

  #lastMinuteWithPrint(symbol: string, newest: number): number | undefined {
    let minute = newest;
    for (let walked = 0; walked < LONGEST_WALK_MINUTES; walked++) {
      if (this.#printsIn(symbol, minute).length > 0) return minute;
      const open = this.#hours.isOpen((minute - 1) * MINUTE_MS);
      minute = open ? minute - 1 : minuteOf(this.#hours.lastOpenInstant((minute - 1) * MINUTE_MS) - 1);
    }
    return undefined;
  }

  #printsIn(symbol: string, minute: number): number[] {
    const count = this.#countIn(symbol, minute);
    if (count === 0 || !this.#hours.isOpen(minute * MINUTE_MS)) return [];
    const seed = this.#seedOf(symbol);
    const places = Array.from({ length: count }, (_, index) => Math.floor(shareAt(seed, LAYERS.place + index, minute) * MINUTE_MS));
    return places.map((place) => minute * MINUTE_MS + place).sort((one, other) => one - other);
  }

  /** Poisson by inversion. */
  #countIn(symbol: string, minute: number): number {
    const rate = (this.settingsOf(symbol)?.printsPerDay ?? 0) / MINUTES_OF_SESSION;
    let left = shareAt(this.#seedOf(symbol), LAYERS.count, minute);
    let part = Math.exp(-rate);
    let count = 0;
    for (; left > part && count < MINUTES_OF_SESSION; count++) {
      left -= part;
      part *= rate / (count + 1);
    }
    return count;
  }

  #seedOf(symbol: string): number {
    const seed = this.#seeds.get(symbol) ?? hashText(`${String(this.#seed)} ${symbol} prints`);
    this.#seeds.set(symbol, seed);
    return seed;
  }
}

function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS);
}

/** Uniform in [0, 1). */
function shareAt(seed: number, layer: number, index: number): number {
  return (noiseAt(seed, layer, index) + 1) / 2;
}
