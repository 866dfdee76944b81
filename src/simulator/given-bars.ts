import type { Bar } from "./wire.ts";
import { malformed, notFound } from "./refusals.ts";
import { newYorkDate, newYorkInstant, sessionNear, sessionOn } from "./sessions.ts";
import { secondStamp } from "./timestamps.ts";

const FIGURES = ["o", "h", "l", "c", "v", "n", "vw"] as const;

const VOLUME = 1_000_000;
const TRADES = 10_000;

/**
 * Loaded daily bars, raw as traded, that replace the generated ones until the venue stops. A session without a bar
 * has none, so gaps can be made too.
 */
export class GivenBars {
  readonly #bars = new Map<string, ReadonlyMap<string, Bar>>();

  has(symbol: string): boolean {
    return this.#bars.has(symbol);
  }

  /** @param from midnight in New York, milliseconds since the epoch. */
  bar(symbol: string, from: number): Bar | undefined {
    return this.#bars.get(symbol)?.get(newYorkDate(from));
  }

  /** Replaces all bars of the symbol; an empty list leaves it without any. */
  give(symbol: string, bars: readonly Bar[]): void {
    this.#bars.set(symbol, new Map(bars.map((bar) => [newYorkDate(Date.parse(bar.t)), bar])));
  }

  /** Returns the symbol to generated bars. */
  takeAway(symbol: string): void {
    this.#bars.delete(symbol);
  }
}

/** The format of `POST /simulator/bars` and `simulator --bars`: bars, or closes alone, by symbol; `null` removes them. */
export interface BarsRequest {
  readonly bars?: unknown;
  readonly closes?: unknown;
}

/**
 * Reads `{bars: {SPY: [{t, o, h, l, c, v}, …]}}`, as market data answers, or `{closes: {SPY: [598.2, …]}}`, one
 * close per session, the last for the current or most recent session.
 * @returns each symbol's bars, or `undefined` where they are removed.
 * @throws Refusal naming what cannot be read.
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
    if (!Array.isArray(list)) throw malformed(`${name}.${symbol} must be a list, or null to remove it`);
    return [symbol, list as readonly unknown[]];
  });
}

/** Figures may be missing (the close is enough) but not invalid: bad data is worth testing, nonsense is not. */
function barOf(value: unknown, place: string): Bar {
  if (typeof value !== "object" || value === null) throw malformed(`${place} must be an object`);
  const wire = value as Record<string, unknown>;
  const close = figure(wire.c, `${place}.c`) ?? missing(`${place}.c`);
  const [o, h, l, , v, n, vw] = FIGURES.map((key) => figure(wire[key], `${place}.${key}`));
  const at = typeof wire.t === "string" ? Date.parse(wire.t) : Number.NaN;
  const date = /^\d{4}-\d\d-\d\d$/.test(String(wire.t)) ? String(wire.t) : Number.isNaN(at) ? "" : newYorkDate(at);
  if (sessionOn(date) === undefined) throw malformed(`${place}.t must be a trading day`);
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
