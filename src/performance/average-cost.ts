import { min, roundHalfUp, ZERO, type Decimal } from "../domain/decimal.ts";
import type { Trade } from "./trade.ts";

export interface Lot {
  readonly quantity: Decimal;
  /** Dollars paid for all of it; `undefined` when unknown. */
  readonly cost: Decimal | undefined;
}

/** The account's own data on one holding. */
export interface KnownHolding {
  readonly symbol: string;
  readonly quantity: Decimal;
  /** Dollars a share; `undefined` when not recorded. */
  readonly averagePrice: Decimal | undefined;
}

export interface Realised {
  readonly symbol: string;
  /** Shares sold with known cost, and their profit in dollars. */
  readonly quantity: Decimal;
  readonly profit: Decimal;
  /** Proceeds in dollars of shares with unknown cost; their profit is unknown. */
  readonly unknownProceeds: Decimal;
}

/** The cost of the shares sold; a billionth of a dollar is far below a cent of any report. */
const COST_DECIMALS = 9;
const EMPTY: Lot = { quantity: ZERO, cost: ZERO };

/**
 * Holdings at average cost. A buy adds its cost; a sell removes the average cost of its shares, and the rest of
 * the proceeds is profit, also for a full exit. Rounding loses nothing: the removed and the remaining cost always
 * sum to the amount paid.
 */
export class AverageCostBook {
  readonly #lots = new Map<string, Lot>();

  get lots(): ReadonlyMap<string, Lot> {
    return this.#lots;
  }

  /**
   * Compares the book with the account's holdings. Where the quantities agree, our own trades give the cost; where
   * they do not (earlier shares, external trades, transfers, splits), the account's quantity and average price are
   * used.
   */
  adopt(holdings: readonly KnownHolding[]): void {
    const held = new Set(holdings.map(({ symbol }) => symbol));
    for (const symbol of this.#lots.keys()) if (!held.has(symbol)) this.#lots.delete(symbol);
    for (const { symbol, quantity, averagePrice } of holdings) {
      const lot = this.#lots.get(symbol);
      if (lot?.cost !== undefined && lot.quantity.eq(quantity)) continue;
      this.#set(symbol, { quantity, cost: averagePrice?.times(quantity) });
    }
  }

  /** Books one trade. @returns the result of a sell; `undefined` for a buy. */
  book(trade: Trade): Realised | undefined {
    const lot = this.#lots.get(trade.symbol) ?? EMPTY;
    if (trade.side === "sell") return this.#sell(lot, trade);
    this.#set(trade.symbol, {
      quantity: lot.quantity.plus(trade.quantity),
      cost: lot.cost?.plus(trade.quantity.times(trade.price)),
    });
    return undefined;
  }

  /** Unrealised profit in dollars at `price` a share; `undefined` when the cost is unknown. */
  unrealised(symbol: string, price: Decimal): Decimal | undefined {
    const lot = this.#lots.get(symbol) ?? EMPTY;
    return lot.cost === undefined ? undefined : lot.quantity.times(price).minus(lot.cost);
  }

  #sell(lot: Lot, { symbol, quantity: sold, price }: Trade): Realised {
    const known = lot.cost === undefined ? ZERO : min(sold, lot.quantity);
    const cost = lot.cost === undefined || known.eq(ZERO) ? ZERO : costOfPart(lot.cost, known, lot.quantity);
    const left = lot.quantity.minus(sold);
    this.#set(symbol, { quantity: left.lt(ZERO) ? ZERO : left, cost: lot.cost?.minus(cost) });
    return { symbol, quantity: known, profit: known.times(price).minus(cost), unknownProceeds: sold.minus(known).times(price) };
  }

  #set(symbol: string, lot: Lot): void {
    if (lot.quantity.eq(ZERO)) this.#lots.delete(symbol);
    else this.#lots.set(symbol, lot);
  }
}

function costOfPart(cost: Decimal, part: Decimal, whole: Decimal): Decimal {
  return part.eq(whole) ? cost : roundHalfUp(cost.times(part).div(whole), COST_DECIMALS);
}
