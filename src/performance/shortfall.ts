import { decimal, sum, ZERO, type Decimal } from "../domain/decimal.ts";

/** One filled order, against the price of the decision. */
export interface FilledAgainstDecision {
  readonly side: "buy" | "sell";
  /** Shares filled. */
  readonly quantity: Decimal;
  /** Dollars a share, the average of the fills. */
  readonly fillPrice: Decimal;
  /** The checked price of the plan; `undefined` if there was none. */
  readonly decisionPrice: Decimal | undefined;
}

/** The cost of trading against the decision; positive = worse. */
export interface TradingCost {
  readonly dollars: Decimal;
  /** Basis points of the shares' value at decision prices. */
  readonly basisPoints: Decimal;
  /** That value in dollars; it weights the basis points of several orders. */
  readonly decisionValue: Decimal;
}

const BASIS_POINTS = decimal("10000");

/** The cost of one order; `undefined` without a fill or a decision price. */
export function costOfOrder(order: FilledAgainstDecision): TradingCost | undefined {
  const { side, quantity, fillPrice, decisionPrice } = order;
  if (decisionPrice === undefined || decisionPrice.lte(ZERO) || quantity.lte(ZERO)) return undefined;
  const paidMore = fillPrice.minus(decisionPrice).times(quantity);
  return costOf(side === "buy" ? paidMore : paidMore.neg(), decisionPrice.times(quantity));
}

/** The cost of several orders together, weighted by value; `undefined` when none has one. */
export function costOfOrders(costs: readonly (TradingCost | undefined)[]): TradingCost | undefined {
  const known = costs.flatMap((cost) => cost ?? []);
  if (known.length === 0) return undefined;
  return costOf(sum(known.map(({ dollars }) => dollars)), sum(known.map(({ decisionValue }) => decisionValue)));
}

function costOf(dollars: Decimal, decisionValue: Decimal): TradingCost {
  return { dollars, decisionValue, basisPoints: dollars.div(decisionValue).times(BASIS_POINTS) };
}

/** The times of one execution, milliseconds since the epoch. */
export interface ExecutionMoments {
  /** When the last line of the alert was read. */
  readonly alertAt: number | undefined;
  /** When each sent order left. */
  readonly sentAt: readonly number[];
  /** When the last of its sells, and of its buys, had ended; `undefined` if there is none, or one is still open. */
  readonly sellsDoneAt?: number | undefined;
  readonly buysDoneAt?: number | undefined;
  /** When it ended on target; `undefined` if it did not. */
  readonly onTargetAt: number | undefined;
}

export interface ExecutionDelays {
  /** Milliseconds; `undefined` if one of the two times is missing. */
  readonly alertToFirstOrder: number | undefined;
  readonly alertToSellsDone: number | undefined;
  readonly alertToBuysDone: number | undefined;
  readonly alertToOnTarget: number | undefined;
}

/** Time from the alert to the first order and to the end. Never negative, even if the clock was set back. */
export function delaysOf({ alertAt, sentAt, sellsDoneAt, buysDoneAt, onTargetAt }: ExecutionMoments): ExecutionDelays {
  const first = sentAt.length === 0 ? undefined : Math.min(...sentAt);
  const since = (time: number | undefined): number | undefined =>
    alertAt === undefined || time === undefined ? undefined : Math.max(0, time - alertAt);
  return {
    alertToFirstOrder: since(first),
    alertToSellsDone: since(sellsDoneAt),
    alertToBuysDone: since(buysDoneAt),
    alertToOnTarget: since(onTargetAt),
  };
}

export interface Residue {
  readonly symbol: string;
  /** Dollars. */
  readonly wanted: Decimal;
  readonly actual: Decimal;
  /** Actual less target as a fraction of the base, comparable with the drift band. */
  readonly drift: Decimal;
}

/**
 * Each symbol's final distance from its target.
 * @param wanted dollars of each symbol with a target, zero for an exit.
 * @param actual dollars of each symbol held afterwards.
 * @param base the amount the target weights refer to (R9).
 */
export function residuesOf(wanted: ReadonlyMap<string, Decimal>, actual: ReadonlyMap<string, Decimal>, base: Decimal): Residue[] {
  return [...wanted].map(([symbol, value]) => {
    const held = actual.get(symbol) ?? ZERO;
    return { symbol, wanted: value, actual: held, drift: base.gt(ZERO) ? held.minus(value).div(base) : ZERO };
  });
}

/**
 * The share of the account that stayed in cash although it was to be invested; negative when less cash is left
 * than planned (a buy filled above its price, or prices rose).
 * @param after the account afterwards, in dollars; `untargeted`: holdings without a target (protected ones).
 * @param wanted total dollars to invest.
 */
export function cashDrag(
  after: { readonly equity: Decimal; readonly cash: Decimal; readonly untargeted: Iterable<Decimal> },
  wanted: Decimal,
): Decimal | undefined {
  if (after.equity.lte(ZERO)) return undefined;
  const meantAsCash = after.equity.minus(wanted).minus(sum(after.untargeted));
  return after.cash.minus(meantAsCash).div(after.equity);
}
