import type { Decimal } from "../domain/decimal.ts";
import { decimal, sum, ZERO } from "../domain/decimal.ts";

/** One order as it was filled, against the price it was decided at. */
export interface FilledAgainstDecision {
  readonly side: "buy" | "sell";
  /** Shares filled. */
  readonly quantity: Decimal;
  /** Dollars a share, the average of the fills. */
  readonly fillPrice: Decimal;
  /** The checked price of the plan; `undefined` when there was none. */
  readonly decisionPrice: Decimal | undefined;
}

/** What trading cost against the decision; positive = worse. */
export interface TradingCost {
  readonly dollars: Decimal;
  /** Of what the shares were worth at the decision's prices. */
  readonly basisPoints: Decimal;
  /** Dollars: that worth, by which basis points of several orders are weighted. */
  readonly decisionValue: Decimal;
}

const BASIS_POINTS = decimal("10000");

/** The cost of one order; `undefined` when nothing was filled or nothing is known to measure it against. */
export function costOfOrder(order: FilledAgainstDecision): TradingCost | undefined {
  const { side, quantity, fillPrice, decisionPrice } = order;
  if (decisionPrice === undefined || decisionPrice.lte(ZERO) || quantity.lte(ZERO)) return undefined;
  const paidMore = fillPrice.minus(decisionPrice).times(quantity);
  return costOf(side === "buy" ? paidMore : paidMore.neg(), decisionPrice.times(quantity));
}

/** The cost of several orders together, weighted by their value; `undefined` when none has one. */
export function costOfOrders(costs: readonly (TradingCost | undefined)[]): TradingCost | undefined {
  const known = costs.flatMap((cost) => cost ?? []);
  if (known.length === 0) return undefined;
  return costOf(sum(known.map(({ dollars }) => dollars)), sum(known.map(({ decisionValue }) => decisionValue)));
}

function costOf(dollars: Decimal, decisionValue: Decimal): TradingCost {
  return { dollars, decisionValue, basisPoints: dollars.div(decisionValue).times(BASIS_POINTS) };
}

/** The moments of one execution, milliseconds since the epoch. */
export interface ExecutionMoments {
  /** When the last line of the alert was read. */
  readonly alertAt: number | undefined;
  /** When each order that was sent left. */
  readonly sentAt: readonly number[];
  /** When it ended on target; `undefined` when it did not. */
  readonly onTargetAt: number | undefined;
}

export interface ExecutionDelays {
  /** Milliseconds; `undefined` where one of the two moments is missing. */
  readonly alertToFirstOrder: number | undefined;
  readonly alertToOnTarget: number | undefined;
}

/** How long it took from the alert to the first order and to the end. A clock that was set back never makes it negative. */
export function delaysOf({ alertAt, sentAt, onTargetAt }: ExecutionMoments): ExecutionDelays {
  const first = sentAt.length === 0 ? undefined : Math.min(...sentAt);
  const since = (moment: number | undefined): number | undefined =>
    alertAt === undefined || moment === undefined ? undefined : Math.max(0, moment - alertAt);
  return { alertToFirstOrder: since(first), alertToOnTarget: since(onTargetAt) };
}
