import type { Side } from "../../domain/broker.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../../domain/ledger/executions.ts";
import { isOnTargetReason, type SkipReason } from "../../portfolio/skip-reason.ts";
import { CENT_DECIMALS, decimal, max, min, ONE, sum, toText, truncate, ZERO, type Decimal } from "../../domain/decimal.ts";
import type { PlanInput, PlannedOrder, PlanResult } from "../../portfolio/plan.ts";
import type { Holding } from "../../portfolio/plan-input.ts";
import { makePlan } from "../../portfolio/plan.ts";
import type { AccountSnapshot } from "../preparation/account-snapshot.ts";
import { isUnderWay } from "../preparation/settle.ts";
import { summariseAccount } from "../outcome/summary.ts";
import type { AccountSummary, GoalSummary, LineSummary, PhaseSummary, PlanSummary } from "../../domain/ledger/summaries.ts";

/** How much more than first planned a signal may trade of a symbol, as a fraction of the base (R33). */
const SLACK = decimal("0.05");

/** What one signal may still trade, over all of its executions (R33). */
export interface SignalBounds {
  /** By symbol: the goal of the signal's first plan. */
  readonly goals: ReadonlyMap<string, SymbolGoal>;
  /** Symbols that have reached their target. */
  readonly reached: ReadonlySet<string>;
  /** Orders of all executions of the signal. */
  readonly orders: readonly IntentRecord[];
  /** Counted as protected by the first plan, because their rows could not be read. */
  readonly unread: ReadonlySet<string>;
}

/** The goal of a signal's first plan for one symbol. */
export interface SymbolGoal {
  /** From the position towards the target; the other direction is traded only as far as `back`. */
  readonly side: Side;
  /** Maximum dollars to trade; sold shares count at `price`. */
  readonly most: Decimal;
  /** Dollars a share at the first plan; zero where nothing was held. */
  readonly price: Decimal;
  /** Dollars that orders of earlier runs have filled late in the same direction: as much may be traded back. */
  readonly back: Decimal;
}

/** The goals of a first plan, one for each of its lines. */
export function goalsOf(first: Pick<PhaseSummary, "base" | "highestBase" | "lines">, held: AccountSummary["positions"]): GoalSummary[] {
  const base = decimal(first.base);
  const highest = decimal(first.highestBase ?? first.base);
  return first.lines.map((line) => goalOf(line, held, { slack: highest.times(SLACK), more: highest.minus(base) }));
}

/** An account may be worth this much more when it is read together with the first sells (R36), as a fraction, besides what its cash has grown by. */
const MOST_GROWTH = decimal("1.25");

/**
 * A plan made on an earlier reading than this one (R36): the signal may trade as much more as the account is worth more, and
 * what could not be read in the earlier one.
 * @returns `undefined` if nothing changes.
 */
export function widenedTo(plan: PlanSummary, before: AccountSnapshot, now: AccountSnapshot): PlanSummary | undefined {
  const { base, highestBase = base } = plan.selling;
  const was = before.account.equity;
  const most = max(was.times(MOST_GROWTH), was.plus(now.account.cash.minus(before.account.cash)));
  const grown = was.gt(ZERO) ? decimal(base).times(max(min(now.account.equity, most).div(was), ONE)) : ZERO;
  const read = new Set(before.positions.flatMap(({ symbol, problem }) => (problem === undefined ? [symbol] : [])));
  const unread = now.positions.filter(({ symbol, problem }) => problem === undefined && !read.has(symbol));
  const highest = max(decimal(highestBase), truncate(grown, CENT_DECIMALS)).plus(sum(unread.map(({ marketValue }) => marketValue)));
  if (unread.length === 0 && highest.eq(decimal(highestBase))) return undefined;
  // What was counted as protected for want of a readable row has not reached its target.
  const lines = plan.selling.lines.filter(({ symbol }) => !unread.some((position) => position.symbol === symbol));
  const selling = { ...plan.selling, highestBase: toText(highest), lines };
  const goals = goalsOf(selling, summariseAccount(before).positions);
  const sells = unread.map(({ symbol, marketValue, currentPrice }): GoalSummary => {
    const most = marketValue.plus(highest.times(SLACK));
    return { symbol, side: "sell", most: toText(most), price: toText(currentPrice ?? ZERO) };
  });
  const stillUnread = (plan.unread ?? []).filter((symbol) => !unread.some((position) => position.symbol === symbol));
  return { ...plan, selling, goals: [...goals, ...sells], unread: stillUnread };
}

interface Room {
  readonly slack: Decimal;
  /** How many dollars the base may grow; each target grows by its share. */
  readonly more: Decimal;
}

function goalOf(line: LineSummary, held: AccountSummary["positions"], { slack, more }: Room): GoalSummary {
  const { symbol, targetWeight, targetValue, actualValue } = line;
  const missing = decimal(targetValue)
    .plus(more.times(decimal(targetWeight)))
    .minus(decimal(actualValue));
  const position = held.find((each) => each.symbol === symbol);
  const quantity = position === undefined ? ZERO : decimal(position.quantity);
  const price = quantity.eq(ZERO) ? ZERO : decimal(actualValue).div(quantity);
  return { symbol, side: missing.gt(ZERO) ? "buy" : "sell", most: toText(missing.abs().plus(slack)), price: toText(price) };
}

/** What the first plan of a signal set out to do, and what has come of it. */
interface FirstPlan {
  readonly goals: readonly GoalSummary[];
  /** Dollars that the signal may trade of a symbol beyond its goal. */
  readonly slack: Decimal;
  readonly reached: readonly string[];
  readonly unread: readonly string[];
}

/**
 * Records of a signal's executions that have traded, oldest first: goals of the first plan, and symbols that reached their
 * targets. One that is not known to have begun may have traded all the same, by an order whose fate was learned later (R19).
 * @param orders of these executions.
 */
export function plansOf(executions: readonly ExecutionRecord[], orders: readonly IntentRecord[]): FirstPlan | undefined {
  const traded = new Set(orders.filter(({ filledQuantity }) => filledQuantity.gt(ZERO)).map(({ executionId }) => executionId));
  const begun = executions.filter(({ id, begunAt, plan }) => (begunAt !== undefined || traded.has(id)) && plan !== undefined);
  const [first] = begun;
  if (first === undefined) return undefined;
  const plans = begun.flatMap(({ plan }) => plan ?? []);
  const held = first.accountBefore?.positions ?? [];
  const selling = plans[0]?.selling ?? NO_PHASE;
  const slack = decimal(selling.highestBase ?? selling.base).times(SLACK);
  return {
    goals: plans[0]?.goals ?? goalsOf(selling, held),
    slack,
    reached: [...new Set(plans.flatMap(({ reached }) => reached ?? []))],
    unread: plans[0]?.unread ?? [],
  };
}

/**
 * What a signal may still trade, by the plans and orders of its executions. What orders of earlier signals have filled
 * since its first plan may be sold or bought back as well (R33).
 * @returns `undefined` when none of its executions has traded.
 */
export function boundsOf(
  ledger: Pick<Ledger, "executionsOfSignal" | "intentsOfSignal" | "intentsChangedSince">,
  signalId: string,
): SignalBounds | undefined {
  const executions = ledger.executionsOfSignal(signalId);
  const orders = ledger.intentsOfSignal(signalId);
  const plans = plansOf(executions, orders);
  const begun = executions[0]?.startedAt;
  if (plans === undefined || begun === undefined) return undefined;
  const late = ledger.intentsChangedSince(begun).filter((intent) => isFilledLate(intent, begun));
  const goals = [...plans.goals, ...newGoals(plans, late)].map((goal): [string, SymbolGoal] => [goal.symbol, widened(goal, late)]);
  const traded = new Set(orders.map(({ symbol }) => symbol));
  const moved = new Set(late.map(({ symbol }) => symbol).filter((symbol) => !traded.has(symbol)));
  return {
    goals: new Map(goals),
    reached: new Set(plans.reached.filter((symbol) => !moved.has(symbol))),
    unread: new Set(plans.unread),
    orders,
  };
}

/** Of an abandoned order and the one that inherits its id only one is ever filled, so the bounds count the other one alone (R19). */
export function withoutFreed(
  bounds: SignalBounds | undefined,
  given: readonly IntentRecord[],
  { unsettled }: { readonly unsettled: readonly IntentRecord[] },
): SignalBounds | undefined {
  const freed = given.filter((intent) => unsettled.every(({ clientOrderId }) => clientOrderId !== intent.clientOrderId));
  if (bounds === undefined || freed.length === 0) return bounds;
  return { ...bounds, orders: bounds.orders.filter((order) => freed.every(({ clientOrderId }) => clientOrderId !== order.clientOrderId)) };
}

/** Recorded before the signal's first execution and filled after its start. */
function isFilledLate({ recordedAt, filledQuantity, filledAt, updatedAt }: IntentRecord, begun: number): boolean {
  return recordedAt < begun && filledQuantity.gt(ZERO) && (filledAt ?? updatedAt) >= begun;
}

/** For symbols that the first plan knew nothing of, because they were neither held nor wanted. */
function newGoals({ goals, slack }: FirstPlan, late: readonly IntentRecord[]): GoalSummary[] {
  const symbols = new Set(late.filter(({ side }) => side === "buy").map(({ symbol }) => symbol));
  for (const { symbol } of goals) symbols.delete(symbol);
  return [...symbols].map((symbol) => ({ symbol, side: "sell", most: toText(slack), price: "0" }));
}

function widened({ symbol, side, most, price }: GoalSummary, late: readonly IntentRecord[]): SymbolGoal {
  const against = late.filter((intent) => intent.symbol === symbol && intent.side !== side);
  const along = late.filter((intent) => intent.symbol === symbol && intent.side === side);
  return { side, most: decimal(most).plus(filledFor(against)), price: decimal(price), back: filledFor(along) };
}

/** Dollars. */
function filledFor(orders: readonly IntentRecord[]): Decimal {
  return sum(orders.map(({ filledQuantity, filledAveragePrice }) => filledQuantity.times(filledAveragePrice ?? ZERO)));
}

const NO_PHASE: Pick<PhaseSummary, "base" | "highestBase" | "lines"> = { base: "0", lines: [] };

/**
 * Limits a plan to what the signal may still trade: a symbol is left alone if it has reached its target, would be
 * traded in the other direction, or would exceed the bound; a buy is cut to it. What the first plan could not read stays
 * protected: its targets are shares of the rest.
 * @returns the plan and its input, for the proof.
 */
export function planWithin(shown: PlanInput, bounds: SignalBounds | undefined): { input: PlanInput; result: PlanResult } {
  if (bounds === undefined) return { input: shown, result: makePlan(shown) };
  const given = { ...shown, holdings: shown.holdings.map((holding) => (bounds.unread.has(holding.symbol) ? asUnread(holding) : holding)) };
  const excluded = new Map([...outside(given, bounds, contentOf(given)), ...given.excluded]);
  const mayBuy = new Map<string, Decimal>();
  for (;;) {
    const input = { ...given, begun: true, excluded, mayBuy };
    const result = makePlan(input);
    const orders = result.kind === "plan" ? [...result.plan.sells, ...result.plan.buys] : [];
    const before = excluded.size + mayBuy.size;
    for (const order of orders) {
      const reason = tooMuch(order, bounds, result.kind === "plan" ? result.plan.base.times(SLACK) : ZERO);
      const left = leftToBuy(order, bounds);
      if (reason === "signal-bound" && left.gt(ZERO) && !mayBuy.has(order.symbol)) mayBuy.set(order.symbol, left);
      else if (reason !== undefined) excluded.set(order.symbol, reason);
    }
    if (excluded.size + mayBuy.size === before) return { input, result };
  }
}

function asUnread(holding: Holding): Holding {
  return { ...holding, problem: holding.problem ?? "it could not be read when this run began" };
}

/** Symbols that lack nothing: no need to report that the signal may not trade them. */
function contentOf(given: PlanInput): Set<string> {
  const result = makePlan({ ...given, begun: true });
  const lines = result.kind === "plan" ? result.plan.lines : [];
  return new Set(lines.filter(({ leftAlone }) => leftAlone !== undefined && isOnTargetReason(leftAlone)).map(({ symbol }) => symbol));
}

function outside(
  { holdings, wanted, splits }: PlanInput,
  { goals, reached }: SignalBounds,
  content: ReadonlySet<string>,
): [string, SkipReason][] {
  const targets = wanted.kind === "rebalance" ? [...wanted.targets.keys()] : wanted.symbols;
  const symbols = [...new Set([...targets, ...holdings.map(({ symbol }) => symbol)])];
  return symbols.flatMap((symbol): [string, SkipReason][] => {
    // Whether a symbol that may have been split since is still at its target is unknown: the plan leaves it alone, off target.
    if (splits.get(symbol)?.kind === "split-suspected") return [];
    if (reached.has(symbol)) return [[symbol, "target-reached"]];
    return goals.has(symbol) || content.has(symbol) ? [] : [[symbol, "signal-bound"]];
  });
}

/** @param slack dollars: price moves alone do not explain a position further beyond its target. */
function tooMuch(order: PlannedOrder, { goals, orders }: SignalBounds, slack: Decimal): SkipReason | undefined {
  const goal = goals.get(order.symbol);
  if (goal === undefined) return "signal-bound";
  // What a late sale took of a target is missing; what a late buy added a little too much of is not worth a sale.
  const isBack = goal.side !== order.side && order.estimatedValue.lte(goal.back);
  if (isBack && (order.side === "buy" || order.estimatedValue.gt(slack))) return undefined;
  if (goal.side !== order.side) return order.estimatedValue.gt(slack) ? "signal-bound" : "target-reached";
  const traded = tradedOf(order, goal, orders);
  const value = order.side === "sell" && goal.price.gt(ZERO) ? (order.quantity ?? ZERO).times(goal.price) : order.estimatedValue;
  return traded.plus(value).gt(goal.most) ? "signal-bound" : undefined;
}

/** Dollars of a symbol that the signal set out to buy and may still buy. */
function leftToBuy({ symbol, side }: PlannedOrder, { goals, orders }: SignalBounds): Decimal {
  const goal = goals.get(symbol);
  return goal?.side === "buy" && side === "buy" ? goal.most.minus(tradedOf({ symbol, side }, goal, orders)) : ZERO;
}

/** Dollars that orders of the signal have traded of a symbol, in one direction. */
function tradedOf({ symbol, side }: Pick<PlannedOrder, "symbol" | "side">, goal: SymbolGoal, orders: readonly IntentRecord[]): Decimal {
  return sum(orders.filter((order) => order.symbol === symbol && order.side === side).map((each) => moved(each, goal)));
}

/** Dollars that an order has traded or may have traded. */
function moved(intent: IntentRecord, { price }: SymbolGoal): Decimal {
  const { side, filledQuantity, filledAveragePrice, estimatedValue } = intent;
  const filled = filledQuantity.times(side === "sell" && price.gt(ZERO) ? price : (filledAveragePrice ?? ZERO));
  return isUnderWay(intent) ? max(filled, estimatedValue) : filled;
}
