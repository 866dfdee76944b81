import { decimal, roundHalfUp, ZERO, type Decimal } from "../domain/decimal.ts";
import type { Closing, ExchangeState } from "./account-state.ts";
import type { Exchange } from "./exchange.ts";
import { type HistoryRange, historyRange } from "./history-range.ts";
import { ACTIVITY_TYPES } from "./activity-listing.ts";
import { badParameter, choice, listOf } from "./parameters.ts";
import { activityAt, equityAt } from "./equity-record.ts";

const CENTS = 2;
const RATIO_DECIMALS = 4;
const CASH_FLOWS = ["CSD", "CSW"];

/**
 * The answer of `GET /v2/account/portfolio/history`. As in recorded answers of the venue, profit is just the
 * change of equity: a deposit counts as profit. A request with `cashflow_types` gets the transfers as a separate
 * series; profit stays the same.
 * @throws Refusal
 */
export function portfolioHistory(exchange: Exchange, query: URLSearchParams): Record<string, unknown> {
  const { clock, hours, prices, state } = exchange;
  const closings = exchange.equityHistory();
  const range = historyRange(query, clock.now(), hours, state.createdAtMs);
  const first = range.windows[0];
  const base = closingBefore(closings, first?.dayBegan ?? clock.now());
  const times = range.windows.map(({ at }) => at);
  const equity = equityAt(state, prices, times).map(toCents);
  const bases = basesOf(range, closings, equity, toCents(base.equity), choice(query, "pnl_reset", ["per_day", "no_reset"], "per_day"));
  const profit = equity.map((value, index) => value.minus(bases[index] ?? value));
  const flows = cashFlows(state, listOf(query, "cashflow_types"), times, base.at);
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

/** The base of each window's profit: the day before, or within a day its previous close. */
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

/** The first closing represents the account's opening, which may be in the middle of a session. */
function closingBefore(closings: readonly Closing[], time: number): Closing {
  const closing = closings.findLast(({ at }) => at <= time) ?? closings[0];
  if (closing === undefined) throw new Error("An account starts with a closing.");
  return closing;
}

/** Per type, the sum of inflows (or, negative, outflows) in each window; only types that occurred. */
function cashFlows(
  state: ExchangeState,
  asked: readonly string[],
  times: readonly number[],
  since: number,
): Record<string, number[]> | undefined {
  const unknown = asked.find((type) => !["ALL", "NONE", ...ACTIVITY_TYPES].includes(type));
  if (unknown !== undefined) throw badParameter("cashflow_types", unknown);
  if (asked.length === 0 || asked.includes("NONE")) return undefined;
  const wanted = asked.includes("ALL") ? CASH_FLOWS : asked;
  const series = new Map<string, Decimal[]>();
  for (const activity of state.activities) {
    const at = activityAt(activity);
    const type = activity.activity_type;
    const index = times.findIndex((time) => at <= time);
    if (!CASH_FLOWS.includes(type) || !wanted.includes(type) || at <= since || index < 0) continue;
    const sums = series.get(type) ?? times.map(() => ZERO);
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

/** The only account endpoint that returns JSON numbers. */
function toNumber(value: Decimal): number {
  return Number(value.toFixed());
}
