import type { ExecutionStyle } from "../domain/execution-style.ts";
import { decimal, sum, toText, ZERO, type Decimal } from "../domain/decimal.ts";
import type { ExecutionReport, OrderReport } from "./execution-report.ts";
import { basisPointsOrNull, dollarsOrNull } from "./json-values.ts";

/** Cost of orders, weighted by value. Value formats as in json-values.ts. */
export interface StyleFigures {
  readonly orders: number;
  readonly filled_orders: number;
  /** Dollar value of the fills. */
  readonly value: string;
  /** Spread of the quotes used for filled orders. */
  readonly spread_bps: string | null;
  /** Fills against the mid of those quotes; positive = worse. */
  readonly slippage: string | null;
  readonly slippage_bps: string | null;
  /** Fills against the checked prices of the plan; positive = worse. */
  readonly cost: string | null;
  readonly cost_bps: string | null;
}

/** One style with its traded symbols in alphabetical order. */
export interface StyleReport extends StyleFigures {
  readonly style: ExecutionStyle;
  readonly by_symbol: readonly (StyleFigures & { readonly symbol: string })[];
}

/** @param executions oldest first. */
export function styleReports(executions: readonly ExecutionReport[]): StyleReport[] {
  const orders = executions.flatMap((execution) => execution.orders);
  return [...new Set(orders.map(({ style }) => style))].map((style) => {
    const own = orders.filter((order) => order.style === style);
    const symbols = [...new Set(own.map(({ symbol }) => symbol))].sort();
    const bySymbol = symbols.map((symbol) => ({ symbol, ...figuresOf(own.filter((order) => order.symbol === symbol)) }));
    return { style, ...figuresOf(own), by_symbol: bySymbol };
  });
}

function figuresOf(orders: readonly OrderReport[]): StyleFigures {
  const filled = orders.filter(({ value }) => value !== null);
  const slippage = dollarsOf(filled, "slippage");
  const cost = dollarsOf(filled, "cost");
  return {
    orders: orders.length,
    filled_orders: filled.length,
    value: toText(valueOf(filled)),
    spread_bps: basisPointsOrNull(weightedSpread(filled)),
    slippage: dollarsOrNull(slippage),
    slippage_bps: basisPointsOrNull(perValue(slippage, filled, "slippage")),
    cost: dollarsOrNull(cost),
    cost_bps: basisPointsOrNull(perValue(cost, filled, "cost")),
  };
}

const BASIS_POINTS = "10000";

function valueOf(orders: readonly OrderReport[]): Decimal {
  return sum(orders.map(({ value }) => decimal(value ?? "0")));
}

/** `undefined` when none could be measured. */
function dollarsOf(orders: readonly OrderReport[], key: "slippage" | "cost"): Decimal | undefined {
  const known = orders.flatMap((order) => order[key] ?? []);
  return known.length === 0 ? undefined : sum(known.map((text) => decimal(text)));
}

function perValue(dollars: Decimal | undefined, orders: readonly OrderReport[], key: "slippage" | "cost"): Decimal | undefined {
  const value = valueOf(orders.filter((order) => order[key] !== null));
  return dollars === undefined || value.eq(ZERO) ? undefined : dollars.div(value).times(BASIS_POINTS);
}

function weightedSpread(orders: readonly OrderReport[]): Decimal | undefined {
  const known = orders.flatMap(({ quote, value }) => {
    const spread = quote?.spread_bps ?? null;
    return spread === null || value === null ? [] : [{ spread: decimal(spread), value: decimal(value) }];
  });
  const value = sum(known.map((each) => each.value));
  return value.eq(ZERO) ? undefined : sum(known.map((each) => each.spread.times(each.value))).div(value);
}
