import type { ExecutionStyle } from "../domain/execution-style.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { FillRecord } from "../domain/ledger/decisions.ts";
import type { IntentRecord, OrderType, QuoteSeen } from "../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { costOfOrder, costOfOrders, delaysOf, cashDrag, residuesOf, type TradingCost } from "../performance/shortfall.ts";
import { tradedValue, turnoverOf } from "../performance/trade.ts";
import { decimal, toText, ZERO, sum, type Decimal } from "../domain/decimal.ts";
import { tradesOfIntent, orderEntry, wasSent, type OrderEntry } from "./trade-record.ts";
import { basisPointsOrNull, dollarsOrNull, dollarText, fractionOrNull, isoOrNull, textOrNull, fractionText } from "./json-values.ts";
import { isoInstant } from "../domain/time-format.ts";
import { finalLines, isWanted } from "./plan-lines.ts";

/** One execution in figures. Value formats as in json-values.ts. */
export interface ExecutionReport {
  readonly id: string;
  readonly signal_id: string;
  readonly strategy: string | null;
  readonly mode: string;
  readonly phase: string;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly started_at: string;
  /** When its first order was known to be at the broker. */
  readonly begun_at: string | null;
  readonly finished_at: string | null;
  readonly value_before: string | null;
  readonly value_after: string | null;
  /** Dollar value of the fills. */
  readonly sold: string;
  readonly bought: string;
  /** (Sold + bought) ÷ value before. */
  readonly turnover: string | null;
  readonly orders: readonly OrderReport[];
  readonly shortfall: ShortfallReport;
}

/** As in the trade log, with its fills and its cost against the decision. */
export interface OrderReport extends OrderEntry {
  readonly phase: string;
  /** The plan's checked price. */
  readonly decision_price: string | null;
  /** `limit`: sent in limit style, including the final market order for the rest. */
  readonly style: ExecutionStyle;
  readonly type: OrderType | null;
  readonly limit_price: string | null;
  /** The quote at planning time, or in limit style at sending time. */
  readonly quote: { readonly bid: string; readonly ask: string; readonly spread_bps: string | null } | null;
  /** Dollars and basis points of the fills against the mid of that quote; positive = worse. */
  readonly slippage: string | null;
  readonly slippage_bps: string | null;
  /** Dollars and basis points against the decision; positive = worse. */
  readonly cost: string | null;
  readonly cost_bps: string | null;
  readonly fills: readonly { readonly id: string; readonly quantity: string; readonly price: string; readonly at: string }[];
}

/** Implementation shortfall: the difference between the decision and the result. */
export interface ShortfallReport extends ResidualReport {
  /** From reading the run's last line to sending the first order. */
  readonly alert_to_first_order_ms: number | null;
  /** To the end of the last sell, and of the last buy; `null` where there is none, or one is still open. */
  readonly alert_to_sells_done_ms: number | null;
  readonly alert_to_buys_done_ms: number | null;
  /** To the recorded end, if on target. */
  readonly alert_to_on_target_ms: number | null;
  /** Of all orders that can be measured, weighted by value; positive = worse. */
  readonly cost: string | null;
  readonly cost_bps: string | null;
  /** Dollars included in the cost, at the decision's prices. */
  readonly measured_value: string | null;
  /** Filled orders without a decision price. */
  readonly unmeasured_orders: number;
}

type Source = Pick<Ledger, "signal" | "intentsOf" | "fillsOf">;

interface MeasuredOrder {
  readonly intent: IntentRecord;
  readonly fills: readonly FillRecord[];
  readonly decisionPrice: Decimal | undefined;
  readonly value: Decimal;
  readonly cost: TradingCost | undefined;
  readonly slippage: TradingCost | undefined;
}

export function executionReport(ledger: Source, execution: ExecutionRecord): ExecutionReport {
  const signal = ledger.signal(execution.signalId)?.signal;
  const orders = measuredOrders(ledger, execution);
  const before = execution.accountBefore;
  const after = execution.accountAfter;
  const moved = (side: "buy" | "sell"): Decimal =>
    tradedValue(orders.flatMap((order) => (order.intent.side === side ? tradesIn(order) : [])));
  const [sold, bought] = [moved("sell"), moved("buy")];
  return {
    id: execution.id,
    signal_id: execution.signalId,
    strategy: signal?.strategy ?? null,
    mode: execution.mode,
    phase: execution.phase,
    outcome: execution.outcome ?? null,
    reason: execution.outcomeReason ?? null,
    started_at: isoInstant(execution.startedAt),
    begun_at: isoOrNull(execution.begunAt),
    finished_at: isoOrNull(execution.finishedAt),
    value_before: before?.equity ?? null,
    value_after: after?.equity ?? null,
    sold: toText(sold),
    bought: toText(bought),
    turnover: before === undefined ? null : fractionOrNull(turnoverOf(sold.plus(bought), decimal(before.equity))),
    orders: orders.map(orderReport),
    shortfall: shortfallReport(execution, signal?.lastLineAt, orders),
  };
}

function measuredOrders(ledger: Source, execution: ExecutionRecord): MeasuredOrder[] {
  const fills = ledger.fillsOf(execution.id);
  return ledger
    .intentsOf(execution.id)
    .filter(wasSent)
    .map((intent) => {
      const decisionPrice = decisionPriceOf(execution, intent.symbol);
      const value = tradedValue(tradesOfIntent(intent, fills));
      const { side, filledQuantity: quantity } = intent;
      const filled = quantity.gt(ZERO) && value.gt(ZERO);
      const against = (price: Decimal | undefined): TradingCost | undefined =>
        filled ? costOfOrder({ side, quantity, fillPrice: value.div(quantity), decisionPrice: price }) : undefined;
      return { intent, fills, decisionPrice, value, cost: against(decisionPrice), slippage: against(middleOf(intent.quote)) };
    });
}

function tradesIn({ intent, fills }: MeasuredOrder): ReturnType<typeof tradesOfIntent> {
  return tradesOfIntent(intent, fills);
}

/** Prices of the first plan, for buys too: price moves during the sells are part of the shortfall. */
function decisionPriceOf(execution: ExecutionRecord, symbol: string): Decimal | undefined {
  const plan = execution.plan;
  const line = [plan?.selling, plan?.buying].map((phase) => phase?.lines.find((each) => each.symbol === symbol)?.price);
  const price = line[0] ?? line[1];
  return price === undefined ? undefined : decimal(price);
}

function orderReport({ intent, fills, decisionPrice, cost, slippage }: MeasuredOrder): OrderReport {
  return {
    ...orderEntry(intent, fills),
    phase: intent.phase,
    style: intent.goal === undefined ? "market" : "limit",
    type: intent.orderType ?? null,
    limit_price: textOrNull(intent.limitPrice),
    quote: quoteReport(intent.quote),
    slippage: dollarsOrNull(slippage?.dollars),
    slippage_bps: basisPointsOrNull(slippage?.basisPoints),
    decision_price: decisionPrice === undefined ? null : toText(decisionPrice),
    cost: dollarsOrNull(cost?.dollars),
    cost_bps: basisPointsOrNull(cost?.basisPoints),
    fills: fills
      .filter(({ clientOrderId }) => clientOrderId === intent.clientOrderId)
      .map(({ id, quantity, price, at }) => ({ id, quantity: toText(quantity), price: toText(price), at: isoInstant(at) })),
  };
}

/** A quote with an empty side has no mid. */
function middleOf(quote: QuoteSeen | undefined): Decimal | undefined {
  return quote === undefined || quote.bid.lte(ZERO) || quote.ask.lt(quote.bid) ? undefined : quote.bid.plus(quote.ask).div("2");
}

function quoteReport(quote: QuoteSeen | undefined): OrderReport["quote"] {
  if (quote === undefined) return null;
  const middle = middleOf(quote);
  const spread = middle === undefined ? undefined : quote.ask.minus(quote.bid).div(middle).times(BASIS_POINTS);
  return { bid: toText(quote.bid), ask: toText(quote.ask), spread_bps: basisPointsOrNull(spread) };
}

const BASIS_POINTS = "10000";

function shortfallReport(execution: ExecutionRecord, alertAt: number | undefined, orders: readonly MeasuredOrder[]): ShortfallReport {
  const cost = costOfOrders(orders.map((order) => order.cost));
  const delays = delaysOf({
    alertAt,
    sentAt: orders.flatMap(({ intent }) => intent.postedAt ?? []),
    sellsDoneAt: doneAt(orders, "sell"),
    buysDoneAt: doneAt(orders, "buy"),
    onTargetAt: execution.outcome === "on-target" ? execution.finishedAt : undefined,
  });
  return {
    alert_to_first_order_ms: delays.alertToFirstOrder ?? null,
    alert_to_sells_done_ms: delays.alertToSellsDone ?? null,
    alert_to_buys_done_ms: delays.alertToBuysDone ?? null,
    alert_to_on_target_ms: delays.alertToOnTarget ?? null,
    cost: dollarsOrNull(cost?.dollars),
    cost_bps: basisPointsOrNull(cost?.basisPoints),
    measured_value: cost === undefined ? null : dollarText(cost.decisionValue),
    unmeasured_orders: orders.filter((order) => order.value.gt(ZERO) && order.cost === undefined).length,
    ...residualReport(execution),
  };
}

/** When the last order of a side had ended, by our own clock, which may have learned of it a little later. */
function doneAt(orders: readonly MeasuredOrder[], side: "buy" | "sell"): number | undefined {
  const ended = orders.flatMap(({ intent }) => (intent.side === side ? [intent] : []));
  if (ended.length === 0 || ended.some(({ state }) => state !== "done" && state !== "refused")) return undefined;
  return Math.max(...ended.map(({ updatedAt }) => updatedAt));
}

/** What an execution did not complete. */
export interface ResidualReport {
  /** Share of the account left in cash compared with the target; negative = more invested than targeted. */
  readonly cash_drag: string | null;
  readonly drift: readonly DriftEntry[];
}

interface DriftEntry {
  readonly symbol: string;
  /** Dollars. */
  readonly wanted: string;
  readonly actual: string;
  /** (Actual − target) ÷ base. */
  readonly drift: string;
  /** Why it, or the rest of it, was left alone. */
  readonly left_alone: string | null;
}

/** `undefined` when the plan or the account afterwards is unknown. An exit only sells its symbols, so any cash is fine. */
function residualReport(execution: ExecutionRecord): ResidualReport {
  const plan = execution.plan;
  const after = execution.accountAfter;
  if (plan === undefined || after === undefined) return { cash_drag: null, drift: [] };
  const lines = finalLines(execution).filter((line) => isWanted(execution, line));
  const wanted = new Map(lines.map(({ symbol, targetValue }) => [symbol, decimal(targetValue)]));
  const actual = new Map(after.positions.map(({ symbol, marketValue }) => [symbol, decimal(marketValue)]));
  const untargeted = [...actual].flatMap(([symbol, value]) => (wanted.has(symbol) ? [] : [value]));
  const left = new Map(lines.map(({ symbol, leftAlone }) => [symbol, leftAlone]));
  const account = { equity: decimal(after.equity), cash: decimal(after.cash), untargeted };
  return {
    cash_drag: execution.wanted.kind === "exit" ? null : fractionOrNull(cashDrag(account, sum(wanted.values()))),
    drift: residuesOf(wanted, actual, decimal((plan.buying ?? plan.selling).base)).map((residue) => ({
      symbol: residue.symbol,
      wanted: dollarText(residue.wanted),
      actual: dollarText(residue.actual),
      drift: fractionText(residue.drift),
      left_alone: left.get(residue.symbol) ?? null,
    })),
  };
}
