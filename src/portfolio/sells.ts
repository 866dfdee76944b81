import { SHARE_DECIMALS, min, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import type { SkipReason } from "./skip-reason.ts";
import type { PlannedOrder } from "./plan-result.ts";
import type { RebalanceNeed, Thresholds } from "./rebalance-need.ts";

/** Result of sizing one order: an order, a reason, or a partial order with the reason for the rest. */
export interface Sized {
  readonly order?: PlannedOrder;
  readonly leftAlone?: SkipReason;
}

/**
 * Sells the whole position, by its exact quantity, so that no dust remains (R11; recorded: 7.227358 against 7.2273576 held).
 * Where only whole shares are traded, sells those; the rest cannot be sold.
 */
export function sizeExit(need: RebalanceNeed): Sized {
  const { actualValue, quantity: held } = need;
  const quantity = need.asset?.fractionable === true ? held : truncate(held, 0);
  if (quantity.eq(ZERO)) return { leftAlone: "dust-cannot-close" };
  // Shares held by an open order would remain, and a partial exit is not an exit.
  if (need.available.lt(quantity)) return { leftAlone: "held-by-orders" };
  if (quantity.eq(held)) return { order: sell(need, quantity, actualValue, true) };
  return { order: sell(need, quantity, actualValue.times(quantity).div(held), true), leftAlone: "dust-cannot-close" };
}

/** Sells `excess` dollars at the checked price: truncated, never more than is available (R11). */
export function sizeTrim(need: RebalanceNeed, excess: Decimal, { band, minimum }: Thresholds): Sized {
  const price = need.checkedPrice;
  if (price === undefined) return { leftAlone: "price-doubt" };
  const fractionable = need.asset?.fractionable === true;
  const wanted = truncate(excess.div(price), fractionable ? SHARE_DECIMALS : 0);
  if (wanted.eq(ZERO)) return { leftAlone: "whole-share-remainder" };
  if (wanted.times(price).lt(minimum)) return { leftAlone: "below-minimum" };
  const quantity = min(wanted, truncate(need.available, fractionable ? SHARE_DECIMALS : 0));
  const value = quantity.times(price);
  if (value.lt(minimum)) return { leftAlone: "held-by-orders" };
  const order = sell(need, quantity, value, false);
  return quantity.lt(wanted) && excess.minus(value).gt(band) ? { order, leftAlone: "held-by-orders" } : { order };
}

function sell(need: RebalanceNeed, quantity: Decimal, estimatedValue: Decimal, fullExit: boolean): PlannedOrder {
  return { symbol: need.symbol, side: "sell", quantity, estimatedValue, worstCaseCost: ZERO, fullExit };
}
