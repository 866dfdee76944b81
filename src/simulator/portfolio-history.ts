import type { Decimal } from "../domain/decimal.ts";
import { decimal, roundHalfUp, ZERO } from "../domain/decimal.ts";
import type { Closing, ExchangeState } from "./account-state.ts";
import type { Exchange } from "./exchange.ts";
import { type HistoryRange, historyRange } from "./history-range.ts";
import { choice } from "./listing.ts";
import { activityAt, equityAt } from "./past-equity.ts";

const CENTS = 2;
const RATIO_DECIMALS = 4;
const CASH_FLOWS = ["CSD", "CSW"];

/**
 * The answer of `GET /v2/account/portfolio/history`. As in answers recorded from the venue, profit is
 * nothing but the change of equity: a deposit counts as profit. Who asks for `cashflow_types` gets the
 * transfers in a series of their own and can take them out; profit stays as it is.
 * @throws Refusal
 */
export function portfolioHistory(exchange: Exchange, query: URLSearchParams): Record<string, unknown> {
  const { clock, hours, prices, state } = exchange;
  const closings = exchange.equityHistory();
  const range = historyRange(query, clock.now(), hours, state.createdAtMs);
  const first = range.windows[0];
  const base = closingBefore(closings, first?.dayBegan ?? clock.now());
  const moments = range.windows.map(({ at }) => at);
  const equity = equityAt(state, prices, moments).map(toCents);
  const bases = basesOf(range, closings, equity, toCents(base.equity), choice(query, "pnl_reset", ["per_day", "no_reset"], "per_day"));
  const profit = equity.map((value, index) => value.minus(bases[index] ?? value));
  const flows = cashFlows(state, query.get("cashflow_types") ?? "NONE", moments, base.at);
  return {
    timestamp: range.windows.map(({ stamp }) => stamp),
    equity: equity.map(toNumber),
    profit_loss: profit.map(toNumber),
    profit_loss_pct: profit.map((value, index) => toNumber(ratio(value, bases[index] ?? ZERO))),
    base_value: toNumber(toCents(base.equity)),
    base_value_asof: base.date,
    timeframe: range.timeframe,
    ...(flows !== undefined && { cashflow: flows }),
  };
}

/** What each window's profit is measured against: the day before, or within a day its previous close. */
function basesOf(
  { timeframe, windows }: HistoryRange,
  closings: readonly Closing[],
  equity: readonly Decimal[],
  base: Decimal,
  reset: "per_day" | "no_reset",
): Decimal[] {
  if (timeframe === "1D") return [base, ...equity.slice(0, -1)];
  if (reset === "no_reset") return equity.map(() => base);
  return windows.map(({ dayBegan }) => toCents(closingBefore(closings, dayBegan).equity));
}

/** The first closing stands for the account's opening, which may lie in the middle of a session. */
function closingBefore(closings: readonly Closing[], moment: number): Closing {
  const closing = closings.findLast(({ at }) => at <= moment) ?? closings[0];
  if (closing === undefined) throw new Error("An account starts with a closing.");
  return closing;
}

/** Per type the sum of what came (or, negative, went) in each window; only types that occurred. */
function cashFlows(state: ExchangeState, asked: string, moments: readonly number[], since: number): Record<string, number[]> | undefined {
  if (asked === "NONE" || asked === "") return undefined;
  const wanted = asked === "ALL" ? CASH_FLOWS : asked.split(",").map((type) => type.trim());
  const series = new Map<string, Decimal[]>();
  for (const activity of state.activities) {
    const at = activityAt(activity);
    const type = activity.activity_type;
    const index = moments.findIndex((moment) => at <= moment);
    if (!CASH_FLOWS.includes(type) || !wanted.includes(type) || at <= since || index < 0) continue;
    const sums = series.get(type) ?? moments.map(() => ZERO);
    sums[index] = (sums[index] ?? ZERO).plus(decimal(activity.net_amount ?? "0"));
    series.set(type, sums);
  }
  return Object.fromEntries([...series].map(([type, sums]) => [type, sums.map(toNumber)]));
}

function ratio(part: Decimal, whole: Decimal): Decimal {
  return whole.eq(ZERO) ? ZERO : roundHalfUp(part.div(whole), RATIO_DECIMALS);
}

function toCents(value: Decimal): Decimal {
  return roundHalfUp(value, CENTS);
}

/** The one endpoint of the account that speaks in JSON numbers. */
function toNumber(value: Decimal): number {
  return Number(value.toFixed());
}
