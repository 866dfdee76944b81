import { decimal, max, min, ONE, ROUNDING_SHARES, ZERO, type Decimal } from "../domain/decimal.ts";
import type { Holding, PlanInput } from "./plan-input.ts";
import { isUnattributed, symbolsInScope, targetWeight } from "./targets.ts";

/** Maximum share of equity for such a position, unless it is exited or within the drift band (R9). */
const MOST_OF_EQUITY = decimal("0.2");
/** How far the broker's price may be from the last raw close, as a fraction of the lower one. */
const NEAR_CLOSE = decimal("0.2");

/**
 * Whether a position without a checked price may be valued at the broker's own price (R9): it is exited in full, is
 * within the drift band, or is small with a price near the last close. A wrong price then matters little or not at
 * all. That the sum agrees with the equity proves nothing, because the equity is made of these prices.
 * @param base dollars, with every such position at the broker's price.
 */
export function countsAtBrokersPrice(holding: Holding, base: Decimal, input: PlanInput): boolean {
  if (holding.quantity.lte(ZERO) || holding.marketValue.lte(ZERO) || input.splits.has(holding.symbol)) return false;
  return isExited(holding, input) || isWithinBand(holding, base, input) || isSmall(holding, input);
}

/** Whether the plan will sell all of it. */
function isExited({ symbol, quantity, available }: Holding, input: PlanInput): boolean {
  const { wanted, settings, assets } = input;
  if (input.phase === "buying" || quantity.minus(available).gte(ROUNDING_SHARES)) return false;
  if (targetWeight(wanted, symbol).gt(ZERO) || !symbolsInScope(wanted, [symbol]).includes(symbol)) return false;
  if (isUnattributed(wanted, symbol) || input.excluded.has(symbol)) return false;
  if (input.workingOrders.some((order) => order.symbol === symbol)) return false;
  const asset = assets.get(symbol);
  return settings.allowedSymbols?.has(symbol) !== false && asset?.active === true && asset.tradable;
}

/** A symbol without a target is never within the band: the band would excuse any small position, at any price. */
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
