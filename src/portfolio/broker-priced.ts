import { decimal, max, min, ONE, ZERO, type Decimal } from "../domain/decimal.ts";
import type { Holding, PlanInput } from "./plan-input.ts";
import { isUnattributed, symbolsInScope, targetWeight } from "./targets.ts";

/** What such a holding may make of the equity at most, unless it is exited or within the drift band (R9). */
const MOST_OF_EQUITY = decimal("0.2");
/** How far the broker's price may lie from the last raw close, as a fraction of the lower one. */
const NEAR_CLOSE = decimal("0.2");

/**
 * Whether a holding without a checked price may count at the broker's own price (R9): it is exited in full, it is
 * within the drift band, or it is small and its price is near the last close. An error in its price then decides
 * nothing, or little. That the sum agrees with the equity would prove nothing: the equity is made of these prices.
 * @param base dollars, with every such holding at the broker's price.
 */
export function countsAtBrokersPrice(holding: Holding, base: Decimal, input: PlanInput): boolean {
  if (holding.quantity.lte(ZERO) || holding.marketValue.lte(ZERO) || input.splits.has(holding.symbol)) return false;
  return isExited(holding, input) || isWithinBand(holding, base, input) || isSmall(holding, input);
}

/** Whether the plan will sell all of it. */
function isExited({ symbol, quantity, available }: Holding, input: PlanInput): boolean {
  const { wanted, settings, assets } = input;
  if (input.phase === "buying" || available.lt(quantity)) return false;
  if (targetWeight(wanted, symbol).gt(ZERO) || !symbolsInScope(wanted, [symbol]).includes(symbol)) return false;
  if (isUnattributed(wanted, symbol) || input.excluded.has(symbol)) return false;
  if (input.workingOrders.some((order) => order.symbol === symbol)) return false;
  const asset = assets.get(symbol);
  return settings.allowedSymbols?.has(symbol) !== false && asset?.active === true && asset.tradable;
}

/** Of a symbol that is not wanted nothing is within the band: the band would excuse any small holding, at any price. */
function isWithinBand({ symbol, marketValue }: Holding, base: Decimal, { wanted, settings }: PlanInput): boolean {
  const weight = targetWeight(wanted, symbol);
  if (weight.eq(ZERO)) return false;
  return marketValue.minus(weight.times(base)).abs().lte(base.times(settings.driftBand));
}

function isSmall({ symbol, quantity, marketValue }: Holding, { account, observations }: PlanInput): boolean {
  const close = observations.get(symbol)?.previousClose?.price;
  if (close === undefined || marketValue.gt(account.equity.times(MOST_OF_EQUITY))) return false;
  const price = marketValue.div(quantity);
  return max(price, close).lte(min(price, close).times(ONE.plus(NEAR_CLOSE)));
}
