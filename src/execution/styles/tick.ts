import type { Side } from "../../domain/broker.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, ONE, truncate } from "../../domain/decimal.ts";

const CENT = decimal("0.01");
const SUB_DOLLAR_TICK = decimal("0.0001");

/** The smallest difference between two prices, dollars: a cent from one dollar, a hundredth of it below. */
export function tickAt(price: Decimal): Decimal {
  return price.gte(ONE) ? CENT : SUB_DOLLAR_TICK;
}

/**
 * A limit price that the venue accepts: whole cents from one dollar, four decimals below. Rounded the safe way:
 * a buy never pays more than intended, a sell never gets less.
 */
export function onTick(price: Decimal, side: Side): Decimal {
  const places = price.gte(ONE) ? 2 : 4;
  const below = truncate(price, places);
  if (side === "buy" || below.eq(price)) return below;
  return below.plus(tickAt(price));
}

/** Whether the venue accepts it as a limit price. */
export function isOnTick(price: Decimal): boolean {
  return truncate(price, price.gte(ONE) ? 2 : 4).eq(price);
}
