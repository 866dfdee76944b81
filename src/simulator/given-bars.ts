import type { Bar } from "./wire.ts";
import { malformed, notFound } from "./refusals.ts";
import { newYorkDate, newYorkInstant, sessionNear, sessionOn } from "./sessions.ts";
import { secondStamp } from "./timestamps.ts";

const FIGURES = ["o", "h", "l", "c", "v", "n", "vw"] as const;

/** A new bar for one that is not there: it traded this much. */
const VOLUME = 1_000_000;
const TRADES = 10_000;

/**
 * Daily bars that somebody has laid in, raw as they were traded, in place of those that the prices would
 * make. They last as long as the venue runs. A session without one has none, so that a gap can be made too.
 */
export class GivenBars {
  readonly #bars = new Map<string, ReadonlyMap<string, Bar>>();

  /** Whether the symbol's daily bars are given ones. */
  has(symbol: string): boolean {
    return this.#bars.has(symbol);
  }

  /** @param from midnight in New York, milliseconds since the epoch. */
  bar(symbol: string, from: number): Bar | undefined {
    return this.#bars.get(symbol)?.get(newYorkDate(from));
  }

  /** Replaces all bars of the symbol; none at all leaves it without any. */
  give(symbol: string, bars: readonly Bar[]): void {
    this.#bars.set(symbol, new Map(bars.map((bar) => [newYorkDate(Date.parse(bar.t)), bar])));
  }

  /** Lets the prices make the symbol's bars again. */
  takeAway(symbol: string): void {
    this.#bars.delete(symbol);
  }
}

/** What `POST /simulator/bars` and `simulator --bars` take: bars, or closes alone, by symbol; `null` takes them away. */
export interface BarsRequest {
  readonly bars?: unknown;
  readonly closes?: unknown;
}

/**
 * Reads `{bars: {SPY: [{t, o, h, l, c, v}, …]}}`, as market data answers, or `{closes: {SPY: [598.2, …]}}`,
 * one close a session, the last one of the session that began last.
 * @returns each symbol's bars, or `undefined` where they are taken away.
 * @throws Refusal that names what cannot be read.
 */
export function readGivenBars(request: BarsRequest, known: (symbol: string) => boolean, now: number): Map<string, Bar[] | undefined> {
  const wholes = entriesOf(request.bars, "bars").map(([symbol, list]): [string, Bar[] | undefined] => [
    symbol,
    list?.map((bar, index) => barOf(bar, `bars.${symbol}[${String(index)}]`)),
  ]);
  const closes = entriesOf(request.closes, "closes").map(([symbol, list]): [string, Bar[] | undefined] => [
    symbol,
    list === undefined ? undefined : barsOfCloses(list, `closes.${symbol}`, now),
  ]);
  const given = new Map([...wholes, ...closes]);
  if (given.size === 0) throw malformed("bars or closes must hold at least one symbol");
  for (const symbol of given.keys()) if (!known(symbol)) throw notFound(`asset not found for ${symbol}`);
  return given;
}

function entriesOf(value: unknown, name: string): [string, readonly unknown[] | undefined][] {
  if (value === undefined) return [];
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(`${name} must be an object of lists by symbol`);
  return Object.entries(value).map(([symbol, list]) => {
    if (list === null) return [symbol, undefined];
    if (!Array.isArray(list)) throw malformed(`${name}.${symbol} must be a list, or null to take it away`);
    return [symbol, list as readonly unknown[]];
  });
}

/** Figures may be missing (the close alone is needed) but not wrong: bad data is what one may want to try out, nonsense is not. */
function barOf(value: unknown, place: string): Bar {
  if (typeof value !== "object" || value === null) throw malformed(`${place} must be an object`);
  const wire = value as Record<string, unknown>;
  const close = figure(wire.c, `${place}.c`) ?? missing(`${place}.c`);
  const [o, h, l, , v, n, vw] = FIGURES.map((key) => figure(wire[key], `${place}.${key}`));
  const at = typeof wire.t === "string" ? Date.parse(wire.t) : Number.NaN;
  const date = /^\d{4}-\d\d-\d\d$/.test(String(wire.t)) ? String(wire.t) : Number.isNaN(at) ? "" : newYorkDate(at);
  if (sessionOn(date) === undefined) throw malformed(`${place}.t must be a day on which the market is open`);
  const open = o ?? close;
  return {
    t: secondStamp(newYorkInstant(date, "00:00")),
    o: open,
    h: h ?? Math.max(open, close),
    l: l ?? Math.min(open, close),
    c: close,
    v: v ?? VOLUME,
    n: n ?? TRADES,
    vw: vw ?? close,
  };
}

function barsOfCloses(closes: readonly unknown[], place: string, now: number): Bar[] {
  const bars: Bar[] = [];
  let session = sessionNear(now, 1);
  if (session.open > now) session = sessionNear(now, -1);
  for (const [index, close] of [...closes.entries()].reverse()) {
    bars.unshift(barOf({ t: session.date, c: close }, `${place}[${String(index)}]`));
    session = sessionNear(session.open, -1);
  }
  return bars;
}

function figure(value: unknown, place: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "number") throw malformed(`${place} must be a number`);
  return value;
}

function missing(place: string): never {
  throw malformed(`${place} is missing`);
}
