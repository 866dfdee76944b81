import type { MarketPrices, PriceAt, Quote } from "../../domain/broker.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { AccountSummary, LineSummary, OrderSummary, PhaseSummary, PlanSummary, PriceSummary } from "../../domain/ledger/summaries.ts";
import type { ExecutionRecord } from "../../domain/ledger/executions.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, ONE, sum, toText, ZERO } from "../../domain/decimal.ts";
import type { SkipReason, Plan, PlanInput, PlanLine, PlannedOrder } from "../../portfolio/plan.ts";
import { isOnTargetReason } from "../../portfolio/plan.ts";
import { isOwnOrder } from "../orders/ids.ts";
import { costOf } from "../preparation/plan-input.ts";
import { pledgeText } from "../preparation/pledges.ts";
import type { AccountSnapshot } from "../preparation/account-snapshot.ts";

const HALF = decimal("0.5");

/** @param unsettled orders of earlier executions that may still change the account. */
export function summariseAccount(snapshot: AccountSnapshot, unsettled: readonly IntentRecord[] = []): AccountSummary {
  const { account } = snapshot;
  const foreign = snapshot.openOrders.filter((order) => !isOwnOrder(order));
  const foreignBuys = sum(foreign.map((order) => costOf(order, snapshot)));
  return {
    number: account.number,
    status: account.status,
    equity: toText(account.equity),
    lastEquity: toText(account.lastEquity),
    cash: toText(account.cash),
    buyingPower: toText(account.buyingPower),
    at: snapshot.at,
    positions: snapshot.positions.map((position) => ({
      symbol: position.symbol,
      quantity: toText(position.quantity),
      marketValue: toText(position.marketValue),
      price: position.currentPrice === undefined ? undefined : toText(position.currentPrice),
      ...(position.averageEntryPrice === undefined ? {} : { averagePrice: toText(position.averageEntryPrice) }),
    })),
    prices: [...snapshot.prices].flatMap(([symbol, prices]) => summarisePrices(symbol, prices)),
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
  const account = execution.accountBefore;
  return account === undefined ? undefined : decimal(account.cash);
}

/** Equity when the execution was planned, dollars; zero when it is not known. */
export function equityBefore({ accountBefore }: Pick<ExecutionRecord, "accountBefore">): Decimal {
  return decimal(accountBefore?.equity ?? "0");
}

/** Buying power when the execution was planned, dollars. */
export function powerBefore({ accountBefore }: Pick<ExecutionRecord, "accountBefore">): Decimal | undefined {
  const account = accountBefore;
  return account === undefined ? undefined : decimal(account.buyingPower);
}

/** Client order ids of earlier orders whose end was not known when it was planned. */
export function unsettledBefore({ accountBefore }: Pick<ExecutionRecord, "accountBefore">): readonly string[] {
  return accountBefore?.unsettled ?? [];
}

/** Shares that were held when it was planned. */
export function sharesBefore({ accountBefore }: Pick<ExecutionRecord, "accountBefore">, symbol: string): Decimal {
  const held = accountBefore?.positions.find((position) => position.symbol === symbol);
  return held === undefined ? ZERO : decimal(held.quantity);
}

/** Dollars that somebody else's buys which were open then could still take. */
export function foreignBuysBefore({ accountBefore }: Pick<ExecutionRecord, "accountBefore">): Decimal {
  return decimal(accountBefore?.foreignBuys ?? "0");
}

/** Foreign orders that were open when it was planned: the plan already leaves room for them. */
export function knownForeignOrders(execution: Pick<ExecutionRecord, "accountBefore">): Set<string> {
  const account = execution.accountBefore;
  return new Set(account?.foreignOrders ?? []);
}

/** What a plan was made on, as far as it tells how final the plan is. */
export interface PlannedOn {
  readonly input: Pick<PlanInput, "account" | "workingOrders" | "holdings">;
  /** What the account did not show of our fills, in words. */
  readonly missing?: string | undefined;
}

/**
 * The plans of an execution before its first order.
 * @param atOnce the plan is that of the buys too, because nothing has to be sold first.
 */
export function summarisePlan(plan: Plan, on: PlannedOn, atOnce = false): PlanSummary {
  const phase = summarisePhase(plan, on);
  return atOnce ? { selling: phase, buying: phase } : { selling: phase };
}

/** The plans of an execution after a further one, for its sells (and what may be bought after them) or for its buys alone. */
export function summariseNext(plan: Plan, on: PlannedOn, before: PlanSummary, reached: Iterable<string>): PlanSummary {
  const phase = summarisePhase(plan, on);
  const { selling, goals, isWarm, unread } = before;
  const kept = {
    ...(isWarm === undefined ? {} : { isWarm }),
    ...(goals === undefined ? {} : { goals }),
    ...(unread === undefined ? {} : { unread }),
    reached: [...new Set([...(before.reached ?? []), ...reached])].sort(),
  };
  return plan.sells.length > 0 ? { selling: phase, ...kept } : { selling, buying: phase, ...kept };
}

/**
 * The plans of an execution after one order, or its rest, was not sent: its line says why, and the plan counts
 * as on target only if that reason does.
 */
export function summariseLeft(
  execution: Pick<ExecutionRecord, "plan">,
  { symbol, phase }: Pick<IntentRecord, "symbol" | "phase">,
  leftAlone: SkipReason,
  why: string,
): PlanSummary | undefined {
  const summary = execution.plan;
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

function summarisePhase(plan: Plan, { input, missing }: PlannedOn): PhaseSummary {
  const { cash, buyingPower } = input.account;
  const reserved = sum(input.workingOrders.filter(({ side }) => side === "buy").map(({ worstCaseCost }) => worstCaseCost));
  return {
    base: toText(plan.base),
    ...(plan.highestBase.eq(plan.base) ? {} : { highestBase: toText(plan.highestBase) }),
    spendable: toText(plan.spendable),
    reachesTarget: plan.reachesTarget && missing === undefined,
    ...(missing === undefined ? {} : { missing }),
    ...(reserved.gt(ZERO) ? { isReserved: true } : {}),
    ...shortage(input, cash.minus(reserved).minus(buyingPower)),
    sells: plan.sells.map(summariseOrder),
    buys: plan.buys.map(summariseOrder),
    lines: plan.lines.map(summariseLine),
  };
}

/** @param lacking dollars of unreserved cash that are not in the buying power. */
function shortage({ holdings }: PlannedOn["input"], lacking: Decimal): Pick<PhaseSummary, "powerIsShort" | "pledge"> {
  if (lacking.lte(ONE)) return {};
  const pledge = pledgeText(holdings, lacking);
  return { powerIsShort: true, ...(pledge === undefined ? {} : { pledge }) };
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
