import { WORST_FILL } from "./buyable.ts";
import type { SkipReason } from "./skip-reason.ts";
import { CENT_DECIMALS, min, ONE, sum, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import type { PlannedOrder } from "./plan-result.ts";
import type { Sized } from "./sells.ts";
import type { RebalanceNeed, Thresholds } from "./rebalance-need.ts";

/** Dollars that buys may spend. */
export interface Budget {
  /** Worst-case limit for all buys. */
  readonly spendable: Decimal;
  /** The expected cost of buys must leave the cash reserve untouched; only the price margin of whole shares may use it. */
  readonly beyondReserve: Decimal;
}

/** A buy before cash is allocated: dollars (fractionable) or whole shares. */
export interface Ask {
  readonly symbol: string;
  readonly unit: "dollars" | "shares";
  readonly amount: Decimal;
  readonly unitPrice: Decimal;
  readonly worstUnitPrice: Decimal;
  readonly shortfall: Decimal;
  /** Why the amount is less than needed, beyond rounding. */
  readonly cut?: SkipReason;
}

/** What a buy is cut to, in dollars. */
export interface BuyLimit {
  readonly most: Decimal;
  readonly reason: SkipReason;
}

/** The amount that reaches the target, or why none does (R11). Dollar amounts need no price (R10). */
export function askFor(need: RebalanceNeed, shortfall: Decimal, { minimum }: Thresholds, limit: BuyLimit | undefined): Ask | SkipReason {
  const fractionable = need.asset?.fractionable === true;
  const unitPrice = fractionable ? ONE : need.checkedPrice;
  if (unitPrice === undefined) return "price-doubt";
  const places = fractionable ? CENT_DECIMALS : 0;
  const wanted = truncate(shortfall.div(unitPrice), places);
  if (wanted.eq(ZERO)) return fractionable ? "below-minimum" : "whole-share-remainder";
  if (wanted.times(unitPrice).lt(minimum)) return "below-minimum";
  const amount = limit === undefined ? wanted : min(wanted, truncate(limit.most.div(unitPrice), places));
  if (limit !== undefined && amount.times(unitPrice).lt(minimum)) return limit.reason;
  const ask: Ask = {
    symbol: need.symbol,
    unit: fractionable ? "dollars" : "shares",
    amount,
    unitPrice,
    worstUnitPrice: fractionable ? ONE : unitPrice.times(WORST_FILL),
    shortfall,
  };
  return limit !== undefined && amount.lt(wanted) ? { ...ask, cut: limit.reason } : ask;
}

/** Expected cost of the asks in dollars. */
export function expectedCost(asks: readonly Ask[]): Decimal {
  return sum(asks.map((ask) => ask.amount.times(ask.unitPrice)));
}

/**
 * Allocates the budget in proportion. Asks that fall below the minimum are dropped, and their part is
 * allocated once more among the others (R11).
 * @returns the reduced asks; a missing one was dropped.
 */
export function shareOut(asks: readonly Ask[], budget: Budget, minimum: Decimal): Ask[] {
  const worthSending = (ask: Ask): boolean => expectedCost([ask]).gte(minimum);
  const first = shrink(asks, budget);
  const kept = asks.filter((_, index) => first[index] !== undefined && worthSending(first[index]));
  return kept.length === asks.length ? first : shrink(kept, budget).filter(worthSending);
}

function shrink(asks: readonly Ask[], { spendable, beyondReserve }: Budget): Ask[] {
  const worst = sum(asks.map((ask) => ask.amount.times(ask.worstUnitPrice)));
  const expected = expectedCost(asks);
  return asks.map((ask) => {
    const part = min(ask.amount, portion(ask.amount, spendable, worst), portion(ask.amount, beyondReserve, expected));
    return { ...ask, amount: truncate(part, ask.unit === "dollars" ? CENT_DECIMALS : 0) };
  });
}

/** `amount × cash ÷ cost`, in this order: dividing first would round an exact share down and lose its last cent. */
function portion(amount: Decimal, cash: Decimal, cost: Decimal): Decimal {
  return amount.times(cash).div(cost);
}

/** The order for the allocated amount, and the reason for the rest. */
export function sizeBuy(ask: Ask, granted: Ask | undefined, thresholds: Thresholds): Sized {
  if (granted === undefined) return { leftAlone: "insufficient-cash" };
  const order = orderFor(granted);
  const leftAlone = reasonForRest(ask, granted, ask.shortfall.minus(order.estimatedValue), thresholds);
  return leftAlone === undefined ? { order } : { order, leftAlone };
}

function orderFor(granted: Ask): PlannedOrder {
  return {
    symbol: granted.symbol,
    side: "buy",
    ...(granted.unit === "dollars" ? { notional: granted.amount } : { quantity: granted.amount }),
    estimatedValue: granted.amount.times(granted.unitPrice),
    worstCaseCost: granted.amount.times(granted.worstUnitPrice),
    fullExit: false,
  };
}

/** A shortfall that the next plan would ignore counts as on target here too; otherwise no fully invested account would ever be on target. */
function reasonForRest(ask: Ask, granted: Ask, missing: Decimal, { band, minimum }: Thresholds): SkipReason | undefined {
  const asAsked = granted.amount.eq(ask.amount);
  if (asAsked && ask.cut === undefined) return ask.unit === "shares" && missing.gt(ZERO) ? "whole-share-remainder" : undefined;
  if (missing.lte(band)) return "within-drift";
  if (missing.lt(minimum)) return "below-minimum";
  return asAsked && ask.cut !== undefined ? ask.cut : "insufficient-cash";
}
