import { max, ONE, roundHalfUp, sum, ZERO, type Decimal } from "../domain/decimal.ts";

export interface EquityPoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Dollars. */
  readonly equity: Decimal;
  /** Dollars paid in (negative: out) since the previous point; included in `equity`. */
  readonly flow: Decimal;
}

/** An {@link EquityPoint} with the growth of one dollar since the first point, without deposits and withdrawals. */
export interface GrowthPoint extends EquityPoint {
  readonly index: Decimal;
}

/** Keeps a chain of many factors short enough to multiply; far more digits than any figure shows. */
const INDEX_DECIMALS = 18;

/**
 * The growth of one dollar, point by point, without deposits and withdrawals: the product of the returns between
 * neighbouring points (time-weighted return).
 *
 * The time of a flow within its period is unknown, so a deposit counts from the start and a withdrawal until the
 * end. This never makes a return look larger than it was, and gives a return even to a period that begins with
 * only a deposit.
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

/** No capital earns nothing, and a loss is at most total. */
function periodReturn(before: Decimal, { equity, flow }: EquityPoint): Decimal {
  const basis = before.plus(max(flow, ZERO));
  if (basis.lte(ZERO)) return ZERO;
  return max(equity.minus(before).minus(flow).div(basis), ONE.neg());
}

/** Total return over all points without deposits and withdrawals: 0.05 means 5 %; `undefined` for fewer than two points. */
export function timeWeightedReturn(points: readonly EquityPoint[]): Decimal | undefined {
  return points.length < 2 ? undefined : growthOf(points).at(-1)?.index.minus(ONE);
}

/** Dollars paid in less dollars paid out after the first point. */
export function flowsWithin(points: readonly EquityPoint[]): Decimal {
  return sum(points.slice(1).map(({ flow }) => flow));
}

/** Dollars gained from the first point to the last one: the change of equity less deposits. */
export function gainOver(points: readonly EquityPoint[]): Decimal | undefined {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || first === last) return undefined;
  return last.equity.minus(first.equity).minus(flowsWithin(points));
}

export interface DayProfit {
  /** Equity less last equity less flows, in dollars. */
  readonly amount: Decimal;
  /** Relative to the last close's equity plus deposits since, as in a longer return; `undefined` when that was zero. */
  readonly fraction: Decimal | undefined;
}

/**
 * A deposit is not profit (R28).
 * @param day `lastEquity` at the last close, and the flows (deposits less withdrawals) booked since.
 */
export function dayProfit(day: { readonly equity: Decimal; readonly lastEquity: Decimal; readonly flows: Decimal }): DayProfit {
  const amount = day.equity.minus(day.lastEquity).minus(day.flows);
  const basis = day.lastEquity.plus(max(day.flows, ZERO));
  return { amount, fraction: basis.gt(ZERO) ? amount.div(basis) : undefined };
}
