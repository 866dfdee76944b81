import { decimalFromNumber, roundHalfUp } from "../domain/decimal.ts";
import type { GivenBars } from "./given-bars.ts";
import type { Market } from "./market.ts";
import type { PriceBook } from "./prices.ts";
import { hashText, noiseAt } from "./random.ts";
import {
  DAY_MS,
  type MarketHours,
  type MarketSession,
  newYorkInstant,
  sessionNear,
  sessionsBetween,
  stretchesBetween,
} from "./sessions.ts";
import { SHARES_OF_A_PRINT } from "./tape.ts";
import type { ThinFeed } from "./thin-feed.ts";
import { secondStamp } from "./timestamps.ts";
import type { Bar } from "./wire.ts";

export const MINUTE_MS = 60_000;
/** How long after a minute a late trade of it is still missing from its bar. */
export const LATE_TRADES_MS = 30_000;
/** Number of price samples in a whole session, or in a whole intraday bar. */
const PARTS_OF_DAY = 13;
const PARTS_OF_INTRADAY_BAR = 4;
const VOLUME_PER_MINUTE = 4_000;
const SHARES_PER_TRADE = 90;

/** The period one bar covers; `from` is its timestamp, trading happens between `open` and `end`. */
export interface BarSpan {
  readonly from: number;
  readonly open: number;
  readonly end: number;
  /** End of the whole bar; `end` is earlier while it grows. */
  readonly close: number;
  /** Time between price samples. A growing bar uses the interval of the whole bar, so that a high stays a high. */
  readonly stepMs: number;
  readonly isDay: boolean;
}

/** Shares, and in how many trades. */
interface Turnover {
  readonly volume: number;
  readonly trades: number;
}

/** Bars of any past time, built from the prices at that time. */
export class BarMaker {
  readonly #prices: PriceBook;
  readonly #hours: MarketHours;
  readonly #given: GivenBars;
  readonly #feed: ThinFeed;
  readonly #daily = new Map<string, Bar>();

  constructor({ prices, hours, givenBars, feed }: Pick<Market, "prices" | "hours" | "givenBars" | "feed">) {
    this.#prices = prices;
    this.#hours = hours;
    this.#given = givenBars;
    this.#feed = feed;
  }

  /** Spans of daily bars with a timestamp in [start, end] whose session has begun by `now`. */
  dailySpans(start: number, end: number, now: number): BarSpan[] {
    const dates = sessionsBetween(new Date(start - DAY_MS).toISOString().slice(0, 10), new Date(end).toISOString().slice(0, 10));
    return dates.map((session) => daySpan(session, now)).filter(({ from, open }) => from >= start && from <= end && open <= now);
  }

  /** Spans of bars of `minutes`, aligned to the hour, that have ended by `now`; only from regular sessions. */
  intradaySpans(minutes: number, start: number, end: number, now: number): BarSpan[] {
    const length = minutes * MINUTE_MS;
    const spans: BarSpan[] = [];
    for (const { open, close } of stretchesBetween(this.#hours, start, Math.min(end, now))) {
      for (let from = Math.floor(open / length) * length; from < close; from += length) {
        const spanEnd = this.#hours.endless ? from + length : Math.min(from + length, close);
        const wanted = from >= start && from <= end && spanEnd <= now;
        if (wanted) spans.push(intradaySpan(from, Math.max(from, open), spanEnd));
      }
    }
    return spans;
  }

  /** The last whole minute of trading before `now`. */
  latestMinute(now: number): BarSpan {
    const tradedUntil = this.#hours.lastOpenInstant(now);
    const end = Math.floor(tradedUntil / MINUTE_MS) * MINUTE_MS;
    return intradaySpan(end - MINUTE_MS, end - MINUTE_MS, end);
  }

  /** The daily bar of the current or most recent session, and the one before it. */
  latestDays(now: number): { current: BarSpan; previous: BarSpan } {
    const near = sessionNear(now, 1);
    const current = near.open <= now ? near : sessionNear(now, -1);
    const previous = sessionNear(current.open, -1);
    return { current: daySpan(current, now), previous: daySpan(previous, now) };
  }

  /** Of the last whole minute with a trade. */
  latestMinuteBar(symbol: string, now: number): Bar | undefined {
    const latest = this.latestMinute(now);
    if (this.#feed.settingsOf(symbol) === undefined) return this.bar(symbol, latest, now);
    const print = this.#feed.lastPrint(symbol, latest.end - 1);
    return print === undefined ? undefined : this.bar(symbol, minuteOf(print), now);
  }

  /** `undefined` for a symbol without prices, with loaded bars that skip the day, or without a trade on a thin feed. */
  bar(symbol: string, span: BarSpan, now: number): Bar | undefined {
    if (!span.isDay && this.#feed.settingsOf(symbol) !== undefined)
      return this.#ofTrades(symbol, span.from, this.#feed.printsBetween(symbol, span.open, span.end));
    if (span.isDay && this.#given.has(symbol)) return this.#given.bar(symbol, span.from);
    if (!span.isDay || span.end >= now) return this.#make(symbol, span, now);
    const key = `${symbol} ${String(span.from)}`;
    const known = this.#daily.get(key);
    if (known !== undefined) return known;
    const made = this.#make(symbol, span, now);
    if (made !== undefined) this.#daily.set(key, made);
    return made;
  }

  /** A bar built from the trades at these times only; `undefined` when there are none. */
  #ofTrades(symbol: string, from: number, times: readonly number[]): Bar | undefined {
    return this.#barOf(symbol, from, times, { volume: times.length * SHARES_OF_A_PRINT, trades: times.length });
  }

  #make(symbol: string, span: BarSpan, now: number): Bar | undefined {
    const times = samplingTimes(span);
    const late = this.#isLate(symbol, span, now) ? 1 : 0;
    const volume = volumeOf(symbol, span) - late * SHARES_OF_A_PRINT;
    const trades = Math.ceil(volume / SHARES_PER_TRADE);
    return this.#barOf(symbol, span.from, times.slice(0, times.length - late), { volume, trades });
  }

  /** Whether the last trade of a minute is not known yet. */
  #isLate(symbol: string, { from, end, isDay }: BarSpan, now: number): boolean {
    return !isDay && end - from === MINUTE_MS && now < end + LATE_TRADES_MS && this.#feed.hasLateTrade(symbol, from);
  }

  #barOf(symbol: string, from: number, times: readonly number[], { volume, trades }: Turnover): Bar | undefined {
    const prices = times.map((at) => this.#priceAt(symbol, at)).filter((price) => price !== undefined);
    const first = prices[0];
    const last = prices.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const mean = prices.reduce((sum, price) => sum + price, 0) / prices.length;
    return {
      t: secondStamp(from),
      o: first,
      h: Math.max(...prices),
      l: Math.min(...prices),
      c: last,
      v: volume,
      n: trades,
      vw: Number(roundHalfUp(decimalFromNumber(mean), 6).toFixed()),
    };
  }

  #priceAt(symbol: string, at: number): number | undefined {
    const trade = this.#prices.trade(symbol, at);
    return trade === undefined ? undefined : Number(trade.price.toFixed());
  }
}

function daySpan({ date, open, close }: MarketSession, now: number): BarSpan {
  return {
    from: newYorkInstant(date, "00:00"),
    open,
    close,
    end: Math.min(close, now),
    stepMs: (close - open) / PARTS_OF_DAY,
    isDay: true,
  };
}

function minuteOf(at: number): BarSpan {
  const from = Math.floor(at / MINUTE_MS) * MINUTE_MS;
  return intradaySpan(from, from, from + MINUTE_MS);
}

function intradaySpan(from: number, open: number, end: number): BarSpan {
  return { from, open, end, close: end, stepMs: (end - open) / PARTS_OF_INTRADAY_BAR, isDay: false };
}

/** The sampling times, including the beginning and the end of the span. */
function samplingTimes({ open, end, stepMs }: BarSpan): number[] {
  const times: number[] = [];
  for (let at = open; at < end; at = Math.round(open + times.length * stepMs)) times.push(at);
  return [...times, end];
}

const symbolHashes = new Map<string, number>();

function hashOf(symbol: string): number {
  const hash = symbolHashes.get(symbol) ?? hashText(symbol);
  symbolHashes.set(symbol, hash);
  return hash;
}

function volumeOf(symbol: string, span: BarSpan): number {
  const minutes = Math.max(1, (span.end - span.open) / MINUTE_MS);
  return Math.max(1, Math.round(VOLUME_PER_MINUTE * minutes * (1 + 0.5 * noiseAt(hashOf(symbol), 0, Math.floor(span.from / MINUTE_MS)))));
}
