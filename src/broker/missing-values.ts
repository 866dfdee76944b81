import type { MarketPrices, Position } from "../domain/broker.ts";
import { BrokerError } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { CENT_DECIMALS, roundHalfUp, ZERO } from "../domain/decimal.ts";
import { marketDayStart } from "../domain/market-day.ts";
import { checkPrice } from "../portfolio/price.ts";
import { NO_VALUE } from "./mapping.ts";

/** Positions are read several times a second during an execution. */
const ASK_AGAIN_MS = 10_000;

type Prices = ReadonlyMap<string, MarketPrices>;
type ReadPrices = (symbols: readonly string[]) => Promise<Prices>;

/**
 * Values the US equities whose row says everything but what they are worth. Such a position could not be sold, and the
 * account would stay in it. Trade and quote must agree as in a plan (R10); without them the row stays unreadable (R34).
 */
export class MissingValues {
  readonly #clock: Clock;
  readonly #read: ReadPrices;
  #asked: { readonly symbols: string; readonly at: number; readonly prices: Prices } | undefined;

  constructor(clock: Clock, read: ReadPrices) {
    this.#clock = clock;
    this.#read = read;
  }

  async fill(positions: Position[]): Promise<Position[]> {
    const unvalued = positions.filter(isMissing);
    if (unvalued.length === 0) return positions;
    const prices = await this.#pricesOf(unvalued.map(({ symbol }) => symbol));
    return positions.map((position) => (isMissing(position) ? valued(position, prices.get(position.symbol), this.#clock.now()) : position));
  }

  async #pricesOf(wanted: readonly string[]): Promise<Prices> {
    const [symbols, at] = [wanted.join(), this.#clock.monotonic()];
    if (this.#asked?.symbols === symbols && at - this.#asked.at < ASK_AGAIN_MS) return this.#asked.prices;
    const prices = await this.#read(wanted).catch((error: unknown): Prices => {
      if (error instanceof BrokerError) return new Map();
      throw error;
    });
    this.#asked = { symbols, at, prices };
    return prices;
  }
}

function isMissing({ problem, assetClass, quantity }: Position): boolean {
  return problem === NO_VALUE && assetClass === "us_equity" && quantity.gt(ZERO);
}

function valued(position: Position, prices: MarketPrices | undefined, now: number): Position {
  if (prices === undefined) return position;
  const checked = checkPrice({ ...prices, position: undefined }, { now, sessionStart: marketDayStart(now) });
  if ("doubt" in checked) return position;
  const { symbol, assetId, assetClass, side, quantity, available, lastdayPrice, averageEntryPrice, costBasis, unrealizedProfit } = position;
  const marketValue = roundHalfUp(quantity.times(checked.price), CENT_DECIMALS);
  return {
    ...{ symbol, assetId, assetClass, side, quantity, available, marketValue, currentPrice: undefined },
    ...{ lastdayPrice, averageEntryPrice, costBasis, unrealizedProfit },
  };
}
