import { ROUNDING_SHARES, SHARE_DECIMALS, min, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
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
export function sizeExit(need: RebalanceNeed, { minimum }: Thresholds): Sized {
  const { actualValue, quantity: held } = need;
  const all = need.asset?.fractionable === true ? held : truncate(held, 0);
  const quantity = sellable(need, all);
  if (all.minus(quantity).gte(ROUNDING_SHARES)) return sizePartOfExit(need, quantity, minimum);
  if (quantity.eq(ZERO)) return { leftAlone: "dust-cannot-close" };
  if (quantity.eq(held)) return { order: sell(need, quantity, actualValue, true) };
  return { order: sell(need, quantity, actualValue.times(quantity).div(held), true), leftAlone: "dust-cannot-close" };
}

/**
 * What may be sold now of a position that the broker does not let go completely; the rest stays to be sold. As for any
 * partial sell, its price must be known (R9), and a symbol that is not tradable is only sold completely (R12).
 */
function sizePartOfExit(need: RebalanceNeed, quantity: Decimal, minimum: Decimal): Sized {
  if (quantity.eq(ZERO) || need.asset?.tradable !== true) return { leftAlone: "not-available" };
  if (need.checkedPrice === undefined) return { leftAlone: "price-doubt" };
  const value = quantity.times(need.checkedPrice);
  return value.lt(minimum) ? { leftAlone: "not-available" } : { order: sell(need, quantity, value, false), leftAlone: "not-available" };
}

/** Sells `excess` dollars at the checked price: truncated, never more than is available (R11). */
export function sizeTrim(need: RebalanceNeed, excess: Decimal, { band, minimum }: Thresholds): Sized {
  const price = need.checkedPrice;
  if (price === undefined) return { leftAlone: "price-doubt" };
  const fractionable = need.asset?.fractionable === true;
  const wanted = truncate(excess.div(price), fractionable ? SHARE_DECIMALS : 0);
  if (wanted.eq(ZERO)) return { leftAlone: "whole-share-remainder" };
  if (wanted.times(price).lt(minimum)) return { leftAlone: "below-minimum" };
  const quantity = sellable(need, wanted);
  const value = quantity.times(price);
  if (value.lt(minimum)) return { leftAlone: "not-available" };
  const order = sell(need, quantity, value, false);
  return quantity.lt(wanted) && excess.minus(value).gt(band) ? { order, leftAlone: "not-available" } : { order };
}

/** As much of `wanted` shares as the broker lets be sold; whole shares where only those are traded. */
function sellable({ available, asset }: RebalanceNeed, wanted: Decimal): Decimal {
  return min(wanted, truncate(available, asset?.fractionable === true ? SHARE_DECIMALS : 0));
}

function sell(need: RebalanceNeed, quantity: Decimal, estimatedValue: Decimal, fullExit: boolean): PlannedOrder {
  return { symbol: need.symbol, side: "sell", quantity, estimatedValue, worstCaseCost: ZERO, fullExit };
}
