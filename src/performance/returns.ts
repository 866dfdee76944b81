import type { Decimal } from "../domain/decimal.ts";
import { max, ONE, roundHalfUp, sum, ZERO } from "../domain/decimal.ts";

/** What the account was worth at a moment. */
export interface EquityPoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Dollars. */
  readonly equity: Decimal;
  /** Dollars paid in (negative: out) since the point before; contained in `equity`. */
  readonly flow: Decimal;
}

/** An {@link EquityPoint} with what one dollar of the first point would have become if nothing had been paid in or out. */
export interface GrowthPoint extends EquityPoint {
  readonly index: Decimal;
}

/** Keeps a chain of many factors at a length that can be multiplied; far below anything that is shown. */
const INDEX_DECIMALS = 18;

/**
 * The growth of one dollar, point by point, with deposits and withdrawals taken out: the chain of the
 * returns between neighbouring points (time-weighted return).
 *
 * When within its period money moved is not known, so a deposit counts as there from the beginning and a
 * withdrawal as there to the end. Then neither makes a return look larger than it was, and a period that
 * begins with nothing but a deposit has a return as well.
 * @param points oldest first.
 */
export function growthOf(points: readonly EquityPoint[]): GrowthPoint[] {
  let index = ONE;
  return points.map((point, position) => {
    const before = points[position - 1];
    if (before !== undefined) index = roundHalfUp(index.times(ONE.plus(periodReturn(before.equity, point))), INDEX_DECIMALS);
    return { ...point, index };
  });
}

/** Nothing that was there can have earned nothing, and what is lost is lost: at worst everything. */
function periodReturn(before: Decimal, { equity, flow }: EquityPoint): Decimal {
  const basis = before.plus(max(flow, ZERO));
  if (basis.lte(ZERO)) return ZERO;
  return max(equity.minus(before).minus(flow).div(basis), ONE.neg());
}

/** Fraction gained over all points without deposits and withdrawals: 0.05 for 5 %; `undefined` for fewer than two points. */
export function timeWeightedReturn(points: readonly EquityPoint[]): Decimal | undefined {
  return points.length < 2 ? undefined : growthOf(points).at(-1)?.index.minus(ONE);
}

/** Dollars paid in less dollars paid out after the first point. */
export function flowsWithin(points: readonly EquityPoint[]): Decimal {
  return sum(points.slice(1).map(({ flow }) => flow));
}

/** Dollars gained from the first point to the last one: the change of equity less what was paid in. */
export function gainOver(points: readonly EquityPoint[]): Decimal | undefined {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || first === last) return undefined;
  return last.equity.minus(first.equity).minus(flowsWithin(points));
}

/** What a day has brought so far. */
export interface DayProfit {
  /** Equity less last equity less flows, in dollars. */
  readonly amount: Decimal;
  /** Of the last close's equity and what was paid in since, as in a longer return; `undefined` when that was nothing. */
  readonly fraction: Decimal | undefined;
}

/**
 * A deposit is no profit (R28).
 * @param day `lastEquity` at the last close, and the flows (deposits less withdrawals) booked since.
 */
export function dayProfit(day: { readonly equity: Decimal; readonly lastEquity: Decimal; readonly flows: Decimal }): DayProfit {
  const amount = day.equity.minus(day.lastEquity).minus(day.flows);
  const basis = day.lastEquity.plus(max(day.flows, ZERO));
  return { amount, fraction: basis.gt(ZERO) ? amount.div(basis) : undefined };
}
