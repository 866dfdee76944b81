import { turnoverOf } from "../performance/trade.ts";
import { decimal, sum, toText, ZERO, type Decimal } from "../domain/decimal.ts";
import type { EquityCurve } from "./equity-curve.ts";
import type { ExecutionReport } from "./execution-report.ts";
import { basisPointsOrNull, dollarText, fractionOrNull } from "./json-values.ts";

/** Activity of a period in figures. Value formats as in json-values.ts. */
export interface ActivityReport {
  readonly executions: number;
  /** Outcome → count; `open` counts those that have not ended. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly orders: number;
  readonly filled_orders: number;
  readonly fills: number;
  readonly sold: string;
  readonly bought: string;
  /** (Sold + bought) ÷ the average of the curve's equity. */
  readonly turnover: string | null;
  /** Cost of all orders against the decision price, weighted by value; positive = worse. */
  readonly cost: string | null;
  readonly cost_bps: string | null;
  readonly median_alert_to_first_order_ms: number | null;
  readonly median_alert_to_on_target_ms: number | null;
}

const BASIS_POINTS = "10000";

export function activityReport(executions: readonly ExecutionReport[], curve: EquityCurve): ActivityReport {
  const orders = executions.flatMap((execution) => execution.orders);
  const total = (values: readonly (string | null)[]): Decimal => sum(values.flatMap((value) => (value === null ? [] : decimal(value))));
  const sold = total(executions.map((execution) => execution.sold));
  const bought = total(executions.map((execution) => execution.bought));
  const measured = total(executions.map(({ shortfall }) => shortfall.measured_value));
  const cost = total(executions.map(({ shortfall }) => shortfall.cost));
  const average = averageEquity(curve);
  return {
    executions: executions.length,
    outcomes: countedBy(executions.map(({ outcome }) => outcome ?? "open")),
    orders: orders.length,
    filled_orders: orders.filter(({ value }) => value !== null).length,
    fills: orders.flatMap(({ fills }) => fills).length,
    sold: toText(sold),
    bought: toText(bought),
    turnover: average === undefined ? null : fractionOrNull(turnoverOf(sold.plus(bought), average)),
    cost: measured.gt(ZERO) ? dollarText(cost) : null,
    cost_bps: measured.gt(ZERO) ? basisPointsOrNull(cost.div(measured).times(BASIS_POINTS)) : null,
    median_alert_to_first_order_ms: median(executions.flatMap(({ shortfall }) => shortfall.alert_to_first_order_ms ?? [])),
    median_alert_to_on_target_ms: median(executions.flatMap(({ shortfall }) => shortfall.alert_to_on_target_ms ?? [])),
  };
}

function averageEquity({ points }: EquityCurve): Decimal | undefined {
  return points.length === 0 ? undefined : sum(points.map(({ equity }) => decimal(equity))).div(String(points.length));
}

function countedBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Median; the lower one of an even number, so that it is a measured time. */
function median(values: readonly number[]): number | null {
  return values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) / 2)] ?? null;
}
