import type { Decimal } from "../../src/domain/decimal.ts";
import { decimal, ONE, roundHalfUp, toText, ZERO } from "../../src/domain/decimal.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import type { Chance } from "./chance.ts";

export interface QuoteWorld {
  readonly exchange: Exchange;
  readonly chance: Chance;
  readonly universe: readonly string[];
  /** Whether prices stand still between its moves. */
  readonly still: boolean;
  readonly later: (delayMs: number, run: () => void) => void;
  readonly say: (text: () => string) => void;
}

/** What may come over a quote; the last trade stays where it is. */
const MOODS = [
  /** Both sides far from the trade. */
  ["wide", 4],
  /** The far side of buys or of sells leaps away. */
  ["gap", 4],
  ["one-sided", 2],
  ["crossed", 1],
  /** Both sides move on, and leave every limit behind. */
  ["moved", 6],
] as const;

type Mood = (typeof MOODS)[number][0];

const BETWEEN_MS = [400, 12_000] as const;
const LASTS_MS = [200, 25_000] as const;

/** Quotes that widen, leap, lose a side and move on, at any moment: what limits are there for. */
export class QuoteModel {
  readonly #world: QuoteWorld;
  readonly #touched = new Set<string>();

  constructor(world: QuoteWorld) {
    this.#world = world;
  }

  begin(): void {
    this.#next();
  }

  end(): void {
    for (const symbol of this.#touched) this.#clear(symbol);
    this.#touched.clear();
  }

  #next(): void {
    const { chance, later } = this.#world;
    later(chance.spread(...BETWEEN_MS), () => {
      this.#strike();
      this.#next();
    });
  }

  #strike(): void {
    const { chance, exchange, universe, later, say } = this.#world;
    const symbol = chance.pick(universe);
    const price = exchange.valueOf(symbol);
    const mood = chance.weighted(MOODS);
    const [bid, ask] = sidesOf(mood, price, chance);
    if (price.lte(ZERO)) return;
    exchange.setQuote(symbol, toText(bid), toText(ask));
    this.#touched.add(symbol);
    say(() => `${symbol}: quote ${mood}, ${toText(bid)} / ${toText(ask)} beside ${toText(price)}`);
    later(chance.spread(...LASTS_MS), () => this.#clear(symbol));
  }

  #clear(symbol: string): void {
    const { exchange, still } = this.#world;
    if (still) exchange.setPrice(symbol, toText(exchange.valueOf(symbol)));
    else exchange.releasePrice(symbol);
  }
}

function sidesOf(mood: Mood, price: Decimal, chance: Chance): [bid: Decimal, ask: Decimal] {
  const times = (factor: Decimal): Decimal => roundHalfUp(price.times(factor), price.gte(ONE) ? 2 : 4);
  const part = (least: number, most: number): Decimal => decimal((chance.whole(least, most) / 10_000).toFixed(4));
  switch (mood) {
    case "wide":
      return [times(ONE.minus(part(20, 400))), times(ONE.plus(part(20, 400)))];
    case "gap":
      return chance.happens(0.5) ? [times(ONE), times(ONE.plus(part(300, 90_000)))] : [times(ONE.minus(part(300, 9_000))), times(ONE)];
    case "one-sided":
      return chance.happens(0.5) ? [ZERO, times(ONE)] : [times(ONE), ZERO];
    case "crossed":
      return [times(ONE.plus(part(5, 50))), times(ONE)];
    case "moved": {
      const shift = chance.happens(0.5) ? ONE.plus(part(5, 150)) : ONE.minus(part(5, 150));
      return [times(shift), times(shift.plus(decimal("0.0004")))];
    }
  }
}
