import { sum, ZERO, type Decimal } from "../domain/decimal.ts";

export interface Trade {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: Decimal;
  /** Dollars a share. */
  readonly price: Decimal;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface FilledOrder {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  /** All shares filled, by the order itself. */
  readonly filledQuantity: Decimal;
  readonly filledAveragePrice: Decimal | undefined;
  readonly filledAt: number;
}

/**
 * The trades of one order: its single fills if all are known, because an average price is rounded; otherwise one
 * trade at the average price. None when nothing is filled or no price is known.
 */
export function tradesOf(order: FilledOrder, fills: readonly Pick<Trade, "quantity" | "price" | "at">[]): Trade[] {
  const { symbol, side, filledQuantity: quantity, filledAveragePrice: price, filledAt: at } = order;
  if (quantity.eq(ZERO)) return [];
  if (sum(fills.map((fill) => fill.quantity)).eq(quantity)) return fills.map((fill) => ({ symbol, side, ...fill }));
  return price === undefined ? [] : [{ symbol, side, quantity, price, at }];
}

/** Dollar value of the trades, both sides. */
export function tradedValue(trades: readonly Pick<Trade, "quantity" | "price">[]): Decimal {
  return sum(trades.map(({ quantity, price }) => quantity.times(price)));
}

/**
 * (Sells + buys) ÷ equity: a full switch of the account is 2 (R28).
 * @returns `undefined` when there is no equity to measure against.
 */
export function turnoverOf(traded: Decimal, equity: Decimal): Decimal | undefined {
  return equity.gt(ZERO) ? traded.div(equity) : undefined;
}
