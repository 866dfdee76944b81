import { hashText, noiseAt } from "./random.ts";
import type { MarketHours } from "./sessions.ts";

const MINUTE_MS = 60_000;
const MINUTES_OF_SESSION = 390;
/** A symbol of one print a day is looked for this far back. */
const LONGEST_WALK_MINUTES = 40 * MINUTES_OF_SESSION;
const LAYERS = { count: 1, place: 100, quote: 200 } as const;

/** How little of the market a feed of one exchange shows. */
export interface FeedHabits {
  /** In a session, on average. */
  readonly printsPerDay: number;
  /** Milliseconds from one quote to the next that differs. */
  readonly quoteEveryMs: number;
  /** Of the quotes, those with one empty side. */
  readonly oneSidedShare: number;
}

/**
 * The free feed, which sees one exchange: few prints, quotes that stand for a minute. When there is a
 * print follows from seed, symbol and time alone, a Poisson process over the minutes of the sessions.
 */
export class ThinFeed {
  readonly #seed: number;
  readonly #hours: MarketHours;
  readonly #habits = new Map<string, FeedHabits>();
  readonly #seeds = new Map<string, number>();
  /** Names that spoil every request they are in. */
  readonly invalid = new Set<string>();

  constructor(seed: number, hours: MarketHours) {
    this.#seed = seed;
    this.#hours = hours;
  }

  /** @param symbol or `any` for all without habits of their own; `undefined` makes the feed whole again. */
  show(symbol: string, habits: FeedHabits | undefined): void {
    if (habits === undefined) this.#habits.delete(symbol);
    else this.#habits.set(symbol, habits);
  }

  /** Names with digits, as of shares in escrow, are unknown to market data altogether. */
  isInvalid(symbol: string): boolean {
    return this.invalid.has(symbol) || /\d/.test(symbol);
  }

  habitsOf(symbol: string): FeedHabits | undefined {
    return this.#habits.size === 0 ? undefined : (this.#habits.get(symbol) ?? this.#habits.get("any"));
  }

  /** When the last print at or before `at` was, `undefined` when there is none. */
  lastPrint(symbol: string, at: number): number | undefined {
    const newest = minuteOf(this.#hours.lastOpenInstant(at));
    const inThisMinute = this.#printsIn(symbol, newest).findLast((print) => print <= at);
    if (inThisMinute !== undefined) return inThisMinute;
    const minute = this.#lastMinuteWithPrint(symbol, newest - 1);
    return minute === undefined ? undefined : this.#printsIn(symbol, minute).at(-1);
  }

  /** Of the stretch [from, until). */
  printsBetween(symbol: string, from: number, until: number): number[] {
    const prints: number[] = [];
    for (let minute = minuteOf(from); minute * MINUTE_MS < until; minute++) prints.push(...this.#printsIn(symbol, minute));
    return prints.filter((print) => print >= from && print < until);
  }

  /** When the quote that is shown at `at` came, and which side of it is empty. */
  quote(symbol: string, at: number): { readonly at: number; readonly empty: "bid" | "ask" | undefined } {
    const { quoteEveryMs = 0, oneSidedShare = 0 } = this.habitsOf(symbol) ?? {};
    if (quoteEveryMs === 0) return { at, empty: undefined };
    const seed = this.#seedOf(symbol);
    const offset = Math.floor(shareAt(seed, LAYERS.quote, 0) * quoteEveryMs);
    const slot = Math.floor((at - offset) / quoteEveryMs);
    const drawn = shareAt(seed, LAYERS.quote + 1, slot);
    const side = drawn < oneSidedShare / 2 ? "bid" : "ask";
    return { at: slot * quoteEveryMs + offset, empty: drawn < oneSidedShare ? side : undefined };
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
    const rate = (this.habitsOf(symbol)?.printsPerDay ?? 0) / MINUTES_OF_SESSION;
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
