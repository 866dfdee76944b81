import type { MarketPrices, PriceAt, Quote } from "../broker/broker.ts";
import type { ExecutionRecord, IntentRecord } from "../ledger/ledger.ts";
import type { Decimal } from "../portfolio/money.ts";
import { decimal, sum, toText, ZERO } from "../portfolio/money.ts";
import type { LeftAloneReason, Plan, PlanLine, PlannedOrder } from "../portfolio/plan.ts";
import { isOnTargetReason } from "../portfolio/plan.ts";
import { isOwnOrder } from "./ids.ts";
import { costOf } from "./plan-input.ts";
import type { Reading } from "./reading.ts";

const HALF = decimal("0.5");

/** What the ledger keeps of a reading of the account; amounts as plain decimal text. */
export interface AccountSummary {
  readonly number: string;
  readonly status: string;
  readonly equity: string;
  readonly lastEquity: string;
  readonly cash: string;
  readonly buyingPower: string;
  readonly at: number;
  readonly positions: readonly {
    readonly symbol: string;
    readonly quantity: string;
    readonly marketValue: string;
    readonly price: string | undefined;
    /** What a share cost on average. */
    readonly averagePrice?: string | undefined;
  }[];
  /** What was observed of every price, with the moment it belongs to. */
  readonly prices?: readonly PriceSummary[];
  /** Ids of open orders that are not ours. */
  readonly foreignOrders: readonly string[];
  /** Dollars that those of them that buy could still take. */
  readonly foreignBuys?: string;
  /** Client order ids of earlier orders of ours whose end was not known then. */
  readonly unsettled?: readonly string[];
}

/** One observed price; a quote is its middle and names both its sides. */
export interface PriceSummary {
  readonly symbol: string;
  readonly source: "trade" | "quote" | "minute-bar" | "previous-close";
  readonly price: string;
  readonly bid?: string;
  readonly ask?: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** @param unsettled orders of earlier executions that may still change the account. */
export function summariseAccount(reading: Reading, unsettled: readonly IntentRecord[] = []): AccountSummary {
  const { account } = reading;
  const foreign = reading.openOrders.filter((order) => !isOwnOrder(order));
  const foreignBuys = sum(foreign.map((order) => costOf(order, reading)));
  return {
    number: account.number,
    status: account.status,
    equity: toText(account.equity),
    lastEquity: toText(account.lastEquity),
    cash: toText(account.cash),
    buyingPower: toText(account.buyingPower),
    at: reading.at,
    positions: reading.positions.map((position) => ({
      symbol: position.symbol,
      quantity: toText(position.quantity),
      marketValue: toText(position.marketValue),
      price: position.currentPrice === undefined ? undefined : toText(position.currentPrice),
      averagePrice: toText(position.averageEntryPrice),
    })),
    prices: [...reading.prices].flatMap(([symbol, prices]) => summarisePrices(symbol, prices)),
    foreignOrders: foreign.map((order) => order.id),
    ...(foreignBuys.eq(ZERO) ? {} : { foreignBuys: toText(foreignBuys) }),
    ...(unsettled.length === 0 ? {} : { unsettled: unsettled.map(({ clientOrderId }) => clientOrderId) }),
  };
}

function summarisePrices(symbol: string, { trade, quote, minuteBar, previousClose }: MarketPrices): PriceSummary[] {
  const observed = (source: PriceSummary["source"], seen: PriceAt | undefined): PriceSummary[] =>
    seen === undefined ? [] : [{ symbol, source, price: toText(seen.price), at: seen.at }];
  return [
    ...observed("trade", trade),
    ...(quote === undefined ? [] : [summariseQuote(symbol, quote)]),
    ...observed("minute-bar", minuteBar),
    ...observed("previous-close", previousClose),
  ];
}

function summariseQuote(symbol: string, { bid, ask, at }: Quote): PriceSummary {
  return { symbol, source: "quote", price: toText(bid.plus(ask).times(HALF)), bid: toText(bid), ask: toText(ask), at };
}

/** Cash when the execution was planned, as recorded with it. */
export function cashBefore(execution: Pick<ExecutionRecord, "accountBefore">): Decimal | undefined {
  const account = execution.accountBefore as AccountSummary | undefined;
  return account === undefined ? undefined : decimal(account.cash);
}

/** Client order ids of earlier orders whose end was not known when it was planned. */
export function unsettledBefore({ accountBefore }: Pick<ExecutionRecord, "accountBefore">): readonly string[] {
  return (accountBefore as AccountSummary | undefined)?.unsettled ?? [];
}

/** Shares that were held when it was planned. */
export function sharesBefore({ accountBefore }: Pick<ExecutionRecord, "accountBefore">, symbol: string): Decimal {
  const held = (accountBefore as AccountSummary | undefined)?.positions.find((position) => position.symbol === symbol);
  return held === undefined ? ZERO : decimal(held.quantity);
}

/** Dollars that somebody else's buys which were open then could still take. */
export function foreignBuysBefore({ accountBefore }: Pick<ExecutionRecord, "accountBefore">): Decimal {
  return decimal((accountBefore as AccountSummary | undefined)?.foreignBuys ?? "0");
}

/** Foreign orders that were open when it was planned: the plan already leaves room for them. */
export function knownForeignOrders(execution: Pick<ExecutionRecord, "accountBefore">): Set<string> {
  const account = execution.accountBefore as AccountSummary | undefined;
  return new Set(account?.foreignOrders ?? []);
}

export interface OrderSummary {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: string | undefined;
  readonly notional: string | undefined;
  readonly estimatedValue: string;
}

export interface LineSummary {
  readonly symbol: string;
  readonly targetWeight: string;
  readonly targetValue: string;
  readonly actualValue: string;
  readonly price: string | undefined;
  readonly action: "sell" | "buy" | "none";
  readonly leftAlone: string | undefined;
  readonly detail: string;
}

export interface PhaseSummary {
  readonly base: string;
  readonly spendable: string;
  readonly reachesTarget: boolean;
  /** What the account did not show of our fills when this was planned, in words. */
  readonly missing?: string | undefined;
  readonly sells: readonly OrderSummary[];
  readonly buys: readonly OrderSummary[];
  readonly lines: readonly LineSummary[];
}

/** What the ledger keeps of the plans of one execution: the first, and that of the buys once it is made. */
export interface PlanSummary {
  readonly selling: PhaseSummary;
  readonly buying?: PhaseSummary;
}

/**
 * The plans of an execution with that of its buys, made on an account that may not contain all of our fills:
 * its equity is then not known, and no plan on it reaches the target.
 */
export function summariseBuys(plan: Plan, before: unknown, missing: string | undefined): PlanSummary {
  const buying = summarisePhase(plan);
  return { ...(before as PlanSummary), buying: missing === undefined ? buying : { ...buying, reachesTarget: false, missing } };
}

/**
 * @param atOnce the first plan is that of the buys too, because nothing has to be sold first.
 */
export function summarisePlan(plan: Plan, atOnce = false): PlanSummary {
  const phase = summarisePhase(plan);
  return atOnce ? { selling: phase, buying: phase } : { selling: phase };
}

/**
 * The plans of an execution after some of its buys were sized again (R20): those symbols stand as they
 * were planned the second time, or a buy that was cut would still count as on target.
 */
export function summariseResized(
  plan: Plan,
  before: unknown,
  { symbols, missing }: { readonly symbols: ReadonlySet<string>; readonly missing: string | undefined },
): PlanSummary {
  const phase = summarisePhase(plan);
  const summary = before as PlanSummary;
  const buying = summary.buying ?? summary.selling;
  const others = <Row extends { readonly symbol: string }>(rows: readonly Row[]): Row[] => rows.filter((row) => !symbols.has(row.symbol));
  const again = <Row extends { readonly symbol: string }>(rows: readonly Row[]): Row[] => rows.filter((row) => symbols.has(row.symbol));
  const reachesTarget = plan.lines.every(
    (line) => !symbols.has(line.symbol) || line.leftAlone === undefined || isOnTargetReason(line.leftAlone),
  );
  return {
    ...summary,
    buying: {
      ...buying,
      reachesTarget: buying.reachesTarget && reachesTarget && missing === undefined,
      missing: buying.missing ?? missing,
      buys: [...others(buying.buys), ...again(phase.buys)],
      lines: [...others(buying.lines), ...again(phase.lines)],
    },
  };
}

/**
 * The plans of an execution after one order, or its rest, was not sent: its line says why, and the plan counts
 * as on target only if that reason does.
 */
export function summariseLeft(
  execution: Pick<ExecutionRecord, "plan">,
  { symbol, phase }: Pick<IntentRecord, "symbol" | "phase">,
  leftAlone: LeftAloneReason,
  why: string,
): PlanSummary | undefined {
  const summary = execution.plan as PlanSummary | undefined;
  if (summary === undefined) return undefined;
  const left = (plan: PhaseSummary): PhaseSummary => ({
    ...plan,
    reachesTarget: plan.reachesTarget && isOnTargetReason(leftAlone),
    lines: plan.lines.map((line) =>
      line.symbol === symbol ? { ...line, leftAlone, detail: `${line.detail}; not sent, or not all of it: ${why}` } : line,
    ),
  });
  if (phase === "selling" || summary.buying === undefined) return { ...summary, selling: left(summary.selling) };
  return { ...summary, buying: left(summary.buying) };
}

function summarisePhase(plan: Plan): PhaseSummary {
  return {
    base: toText(plan.base),
    spendable: toText(plan.spendable),
    reachesTarget: plan.reachesTarget,
    sells: plan.sells.map(summariseOrder),
    buys: plan.buys.map(summariseOrder),
    lines: plan.lines.map(summariseLine),
  };
}

function summariseOrder(order: PlannedOrder): OrderSummary {
  return {
    symbol: order.symbol,
    side: order.side,
    quantity: order.quantity === undefined ? undefined : toText(order.quantity),
    notional: order.notional === undefined ? undefined : toText(order.notional),
    estimatedValue: toText(order.estimatedValue),
  };
}

function summariseLine(line: PlanLine): LineSummary {
  return {
    symbol: line.symbol,
    targetWeight: toText(line.targetWeight),
    targetValue: toText(line.targetValue),
    actualValue: toText(line.actualValue),
    price: line.checkedPrice === undefined ? undefined : toText(line.checkedPrice),
    action: line.action,
    leftAlone: line.leftAlone,
    detail: line.detail,
  };
}
