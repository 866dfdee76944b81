import { decimal, ONE, roundHalfUp, toText, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import { priceModel, type PriceModel } from "./assets.ts";
import { hashText, noiseAt } from "./random.ts";
import { DAY_MS, type MarketHours } from "./sessions.ts";

/** Waves from two months down to about a minute, each half as long as the one before. */
const LONGEST_WAVE_DAYS = 64;
const WAVES = 17;
/** Makes the spread of one-day moves match the daily volatility approximately. */
const WAVE_STRENGTH = 0.5;
const MARKET_DAILY_VOLATILITY = 0.008;
const SPREAD = decimal("0.0003");
const CENT = decimal("0.01");
const SUB_DOLLAR_TICK = decimal("0.0001");
const ONE_DOLLAR = decimal("1");
/** Rounding error left by a factor that was undone. */
const NO_FACTOR = decimal("0.000000001");
const HALF = decimal("0.5");
const FROM_THE_BEGINNING = Number.MIN_SAFE_INTEGER;
const MOST_REMEMBERED = 500;
/** Two years of daily bars. */
const MOST_REMEMBERED_OF_MARKET = 8_000;

export interface TradePrice {
  readonly price: Decimal;
  readonly at: number;
}

/** A zero means that this side of the book is empty. */
export interface QuotePrices {
  readonly bid: Decimal;
  readonly ask: Decimal;
  readonly at: number;
}

/**
 * A symbol's fixed price from a given time; nothing set means that it moves again. The shown price is that times
 * `factor`, which splits and jumps change.
 */
export interface Pin {
  readonly from: number;
  readonly factor?: string | undefined;
  readonly price?: string | undefined;
  readonly bid?: string | undefined;
  readonly ask?: string | undefined;
}

/** What prices are made of besides seed, hours and time. */
export interface PriceSources {
  /** Prices fixed earlier, by symbol. */
  readonly pins?: ReadonlyMap<string, readonly Pin[]>;
  /** How a symbol moves; `undefined` for one without a price. Default: that of the built-in assets. */
  readonly modelOf?: (symbol: string) => PriceModel | undefined;
  /** The loaded price of a symbol at a time, which replaces the moving one; `undefined` for a symbol without any. */
  readonly loadedAt?: (symbol: string, at: number) => Decimal | undefined;
}

/**
 * Prices as a function of seed, symbol and time: a sum of noise waves around a 2025-like level, plus a share of a
 * common market wave. Any past time can be queried, in any order, with the same answer. While the market is closed
 * the last price is frozen.
 */
export class PriceBook {
  readonly #seed: number;
  readonly #hours: MarketHours;
  readonly #pins: Map<string, Pin[]>;
  readonly #symbolSeeds = new Map<string, number>();
  /** By symbol and time: an account, its positions and its bars query the same few times repeatedly. */
  readonly #remembered = new Map<string, Map<number, Decimal>>();
  /** When trading in a symbol paused, and until when; a current pause has no end yet. */
  readonly #pauses = new Map<string, { readonly from: number; until: number }[]>();
  /** The market's wave by time: daily bars of many symbols are built from the same times. */
  readonly #market = new Map<number, number>();
  readonly #modelOf: (symbol: string) => PriceModel | undefined;
  readonly #loadedAt: (symbol: string, at: number) => Decimal | undefined;

  constructor(seed: number, hours: MarketHours, { pins = new Map(), modelOf = priceModel, loadedAt = none }: PriceSources = {}) {
    this.#seed = seed;
    this.#hours = hours;
    this.#pins = new Map([...pins].map(([symbol, list]) => [symbol, [...list]]));
    this.#modelOf = modelOf;
    this.#loadedAt = loadedAt;
  }

  get pins(): ReadonlyMap<string, readonly Pin[]> {
    return this.#pins;
  }

  /** Replaces all fixed prices. */
  restore(pins: Iterable<readonly [string, readonly Pin[]]>): void {
    this.#pins.clear();
    for (const [symbol, list] of pins) this.#pins.set(symbol, [...list]);
  }

  /** Fixes the price for all past and future times, so that every bar is flat. */
  pinFromTheBeginning(symbol: string, price: Decimal): void {
    this.#pins.set(symbol, [{ from: FROM_THE_BEGINNING, price: toText(price) }]);
  }

  /** Fixes trade and quote from `at` on. */
  pinPrice(symbol: string, price: Decimal, at: number): void {
    const factor = this.#pinAt(symbol, at)?.factor;
    this.#add(symbol, { from: at, factor, price: toText(unscaled(price, factor)) });
  }

  /** Fixes the quote from `at` on and leaves the trade price unchanged; zero empties a side. */
  pinQuote(symbol: string, bid: Decimal, ask: Decimal, at: number): void {
    const { factor, price } = this.#pinAt(symbol, at) ?? {};
    this.#add(symbol, { from: at, factor, price, bid: toText(unscaled(bid, factor)), ask: toText(unscaled(ask, factor)) });
  }

  release(symbol: string, at: number): void {
    this.#add(symbol, { from: at, factor: this.#pinAt(symbol, at)?.factor });
  }

  /** Multiplies the symbol's price from `at` on, whether it moves or is fixed; earlier prices stay. */
  scale(symbol: string, by: Decimal, at: number): void {
    const pin = this.#pinAt(symbol, at);
    const factor = pin?.factor === undefined ? by : decimal(pin.factor).times(by);
    const isNone = factor.minus(ONE).abs().lt(NO_FACTOR);
    this.#add(symbol, { ...pin, from: at, factor: isNone ? undefined : toText(factor) });
  }

  pause(symbol: string, at: number): void {
    this.#pauses.set(symbol, [...(this.#pauses.get(symbol) ?? []), { from: at, until: Infinity }]);
  }

  resume(symbol: string, at: number): void {
    for (const pause of this.#pauses.get(symbol) ?? []) pause.until = Math.min(pause.until, at);
  }

  /** The last trade at or before `at`; `undefined` for a symbol without a price. */
  trade(symbol: string, when: number): TradePrice | undefined {
    const at = this.#lastMove(symbol, when);
    const pin = this.#pinAt(symbol, at);
    const tradedAt = this.#hours.lastOpenInstant(at);
    const price = pin?.price === undefined ? this.#movingAt(symbol, tradedAt) : decimal(pin.price);
    return price === undefined ? undefined : { price: scaled(price, pin?.factor), at: tradedAt };
  }

  quote(symbol: string, when: number): QuotePrices | undefined {
    const at = this.#lastMove(symbol, when);
    const pin = this.#pinAt(symbol, at);
    if (pin?.bid !== undefined && pin.ask !== undefined)
      return { bid: scaled(decimal(pin.bid), pin.factor), ask: scaled(decimal(pin.ask), pin.factor), at };
    const trade = this.trade(symbol, at);
    return trade === undefined ? undefined : { ...around(trade.price), at: trade.at };
  }

  /** When its price was fixed or released, or trading in it paused, within [from, until]; ascending. */
  changesBetween(symbol: string, from: number, until: number): number[] {
    const changes = [...(this.#pins.get(symbol) ?? []), ...(this.#pauses.get(symbol) ?? [])].map((change) => change.from);
    return [...new Set(changes)].filter((at) => at >= from && at <= until).sort((one, other) => one - other);
  }

  /** `at` itself, or the start of the pause that contains it. */
  #lastMove(symbol: string, at: number): number {
    return this.#pauses.get(symbol)?.find(({ from, until }) => from <= at && at < until)?.from ?? at;
  }

  #movingAt(symbol: string, at: number): Decimal | undefined {
    const remembered = this.#remembered.get(symbol) ?? new Map<number, Decimal>();
    const price = remembered.get(at) ?? this.#loadedAt(symbol, at) ?? this.#moving(symbol, at);
    if (price === undefined) return undefined;
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    this.#remembered.set(symbol, remembered.set(at, price));
    return price;
  }

  #moving(symbol: string, at: number): Decimal | undefined {
    const model = this.#modelOf(symbol);
    if (model === undefined) return undefined;
    const days = at / DAY_MS;
    const market = MARKET_DAILY_VOLATILITY * model.beta * this.#marketAt(at);
    const own = model.dailyVolatility * waves(this.#seedOf(symbol), days);
    return onTick(decimal((model.level * Math.exp(market + own)).toFixed(6)));
  }

  #marketAt(at: number): number {
    const known = this.#market.get(at);
    if (known !== undefined) return known;
    const wave = waves(this.#seedOf("market"), at / DAY_MS);
    if (this.#market.size >= MOST_REMEMBERED_OF_MARKET) this.#market.clear();
    this.#market.set(at, wave);
    return wave;
  }

  #pinAt(symbol: string, at: number): Pin | undefined {
    return this.#pins.get(symbol)?.findLast(({ from }) => from <= at);
  }

  #add(symbol: string, pin: Pin): void {
    const pins = this.#pins.get(symbol) ?? [];
    pins.push(pin);
    this.#pins.set(symbol, pins);
  }

  #seedOf(name: string): number {
    const known = this.#symbolSeeds.get(name);
    if (known !== undefined) return known;
    const seed = hashText(`${String(this.#seed)} ${name}`);
    this.#symbolSeeds.set(name, seed);
    return seed;
  }
}

function none(): undefined {
  return undefined;
}

function scaled(price: Decimal, factor: string | undefined): Decimal {
  return factor === undefined || price.eq(ZERO) ? price : onTick(price.times(decimal(factor)));
}

/** The price to store so that a fixed price is shown as given, whatever the factor. */
function unscaled(price: Decimal, factor: string | undefined): Decimal {
  return factor === undefined ? price : price.div(decimal(factor));
}

function waves(seed: number, days: number): number {
  let sum = 0;
  let length = LONGEST_WAVE_DAYS;
  for (let wave = 0; wave < WAVES; wave++, length /= 2) {
    const place = days / length + noiseAt(seed, wave, -1);
    const index = Math.floor(place);
    const part = place - index;
    const ease = part * part * (3 - 2 * part);
    const from = noiseAt(seed, wave, index);
    sum += Math.sqrt(length) * (from + (noiseAt(seed, wave, index + 1) - from) * ease);
  }
  return sum * WAVE_STRENGTH;
}

function onTick(price: Decimal): Decimal {
  if (price.gte(ONE_DOLLAR)) return roundHalfUp(price, 2);
  const fine = roundHalfUp(price, 4);
  return fine.lt(SUB_DOLLAR_TICK) ? SUB_DOLLAR_TICK : fine;
}

/** Bid and ask around a price, about three basis points apart and at least one tick. */
function around(price: Decimal): { bid: Decimal; ask: Decimal } {
  const tick = price.gte(ONE_DOLLAR) ? CENT : SUB_DOLLAR_TICK;
  const places = price.gte(ONE_DOLLAR) ? 2 : 4;
  const wanted = roundHalfUp(price.times(SPREAD), places);
  const spread = wanted.lt(tick) ? tick : wanted;
  const bid = price.minus(truncate(spread.times(HALF), places));
  return { bid, ask: bid.plus(spread) };
}
