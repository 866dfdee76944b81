import type { MarketPrices, Side } from "../domain/broker.ts";
import { truncate, SHARE_DECIMALS, ZERO, type Decimal } from "../domain/decimal.ts";
import { marketDate } from "../domain/market-day.ts";
import { quoteMiddle } from "../portfolio/price.ts";
import type { EntryOf } from "./entry.ts";

/**
 * Dollars a share that a market order gets now: the ask for a buy and the bid for a sell. A quote that is one-sided or too
 * wide says nothing about that; then it is the last trade of the day.
 * @param now milliseconds since the epoch. @returns `undefined` when there is neither.
 */
export function marketPrice(side: Side, prices: MarketPrices | undefined, now: number): Decimal | undefined {
  const { quote, trade } = prices ?? {};
  if (quote !== undefined && quoteMiddle(quote) !== undefined) return side === "buy" ? quote.ask : quote.bid;
  return trade !== undefined && trade.price.gt(ZERO) && marketDate(trade.at) === marketDate(now) ? trade.price : undefined;
}

/** What a share counts as: the last trade, as at Alpaca. */
export function markOf({ trade, quote, previousClose }: MarketPrices): Decimal | undefined {
  return (trade ?? quoteMiddle(quote) ?? previousClose)?.price;
}

/** @returns `undefined` for a limit order that rests at this price. */
export function fillAt(
  { side, quantity, notional, limitPrice }: Pick<EntryOf<"order">, "side" | "quantity" | "notional" | "limitPrice">,
  price: Decimal,
): { readonly quantity: Decimal; readonly price: Decimal } | undefined {
  if (limitPrice !== undefined && (side === "buy" ? price.gt(limitPrice) : price.lt(limitPrice))) return undefined;
  return { price, quantity: quantity ?? truncate((notional ?? ZERO).div(price), SHARE_DECIMALS) };
}
