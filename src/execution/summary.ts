import { toText } from "../portfolio/money.ts";
import type { Plan, PlanLine, PlannedOrder } from "../portfolio/plan.ts";
import { isOwnOrder } from "./ids.ts";
import type { Reading } from "./reading.ts";

/** What the ledger keeps of a reading of the account; amounts as plain decimal text. */
export interface AccountSummary {
  readonly number: string;
  readonly status: string;
  readonly equity: string;
  readonly lastEquity: string;
  readonly cash: string;
  readonly buyingPower: string;
  readonly at: number;
  readonly positions: readonly { readonly symbol: string; readonly quantity: string; readonly marketValue: string; readonly price: string | undefined }[];
  /** Ids of open orders that are not ours. */
  readonly foreignOrders: readonly string[];
}

export function summariseAccount(reading: Reading): AccountSummary {
  const { account } = reading;
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
    })),
    foreignOrders: reading.openOrders.filter((order) => !isOwnOrder(order)).map((order) => order.id),
  };
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
 * @param before what the ledger holds already, when this is the plan of the buys.
 * @param atOnce the first plan is that of the buys too, because nothing has to be sold first.
 */
export function summarisePlan(plan: Plan, before?: unknown, atOnce = false): PlanSummary {
  const phase = summarisePhase(plan);
  if (atOnce) return { selling: phase, buying: phase };
  return before === undefined || before === null ? { selling: phase } : { ...(before as PlanSummary), buying: phase };
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
