import { HUNDRED, max, min, roundHalfUp, type Decimal } from "../domain/decimal.ts";

/** What decides the stop price of an order; a trailing stop has a high-water mark. */
interface Trailing {
  readonly side: "buy" | "sell";
  readonly stopPrice: Decimal | undefined;
  readonly trailPrice?: Decimal | undefined;
  readonly trailPercent?: Decimal | undefined;
  highWaterMark?: Decimal | undefined;
}

/** Stop prices that follow a percentage are rounded to this. */
const STOP_DECIMALS = 4;

/** The price that triggers an order now; that of a trailing stop follows its high-water mark. */
export function stopPriceOf({ side, stopPrice, trailPrice, trailPercent, highWaterMark: mark }: Trailing): Decimal | undefined {
  if (mark === undefined) return stopPrice;
  const distance = trailPrice ?? mark.times(trailPercent ?? HUNDRED).div(HUNDRED);
  return roundHalfUp(side === "sell" ? mark.minus(distance) : mark.plus(distance), STOP_DECIMALS);
}

/** Moves the high-water mark with a price that is better than all before; any other order stays as it is. */
export function followPrice(order: Trailing, lastTrade: Decimal): void {
  if (order.highWaterMark !== undefined)
    order.highWaterMark = order.side === "sell" ? max(order.highWaterMark, lastTrade) : min(order.highWaterMark, lastTrade);
}
