import type { AccountSummary, OrderSummary, PhaseSummary, PlanSummary } from "../domain/ledger/summaries.ts";
import { isoInstant } from "../domain/time-format.ts";

/** The account as an execution read it. Value formats as in json-values.ts. */
export interface AccountRecord {
  readonly at: string;
  readonly number: string;
  readonly status: string;
  readonly equity: string;
  readonly last_equity: string;
  readonly cash: string;
  readonly buying_power: string;
  readonly positions: readonly {
    readonly symbol: string;
    readonly quantity: string;
    readonly price: string | null;
    readonly value: string;
    readonly average_price: string | null;
  }[];
  /** Ids of open orders that are not ours. */
  readonly foreign_orders: readonly string[];
}

/** The newest plan of each phase; `buying` is null until the buys were planned. */
export interface PlanRecord {
  readonly selling: PhaseRecord;
  readonly buying: PhaseRecord | null;
}

export interface PhaseRecord {
  /** Dollars that the targets divide, and dollars for the buys. */
  readonly base: string;
  readonly spendable: string;
  readonly reaches_target: boolean;
  readonly sells: readonly PlannedOrderRecord[];
  readonly buys: readonly PlannedOrderRecord[];
  readonly lines: readonly PlanLineRecord[];
}

interface PlannedOrderRecord {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: string | null;
  readonly notional: string | null;
  readonly estimated_value: string;
}

interface PlanLineRecord {
  readonly symbol: string;
  /** Share of the base. */
  readonly target_weight: string;
  readonly target_value: string;
  readonly actual_value: string;
  readonly price: string | null;
  readonly action: "sell" | "buy" | "none";
  readonly left_alone: string | null;
  readonly detail: string;
}

export function accountRecord(account: AccountSummary | undefined): AccountRecord | null {
  if (account === undefined) return null;
  const { at, number, status, equity, lastEquity, cash, buyingPower, positions, foreignOrders } = account;
  return {
    at: isoInstant(at),
    number,
    status,
    equity,
    last_equity: lastEquity,
    cash,
    buying_power: buyingPower,
    positions: positions.map(({ symbol, quantity, price, marketValue, averagePrice }) => ({
      symbol,
      quantity,
      price: price ?? null,
      value: marketValue,
      average_price: averagePrice ?? null,
    })),
    foreign_orders: foreignOrders,
  };
}

export function planRecord(plan: PlanSummary | undefined): PlanRecord | null {
  if (plan === undefined) return null;
  return { selling: phaseRecord(plan.selling), buying: plan.buying === undefined ? null : phaseRecord(plan.buying) };
}

function phaseRecord({ base, spendable, reachesTarget, sells, buys, lines }: PhaseSummary): PhaseRecord {
  return {
    base,
    spendable,
    reaches_target: reachesTarget,
    sells: sells.map(orderRecord),
    buys: buys.map(orderRecord),
    lines: lines.map(({ symbol, targetWeight, targetValue, actualValue, price, action, leftAlone, detail }) => ({
      symbol,
      target_weight: targetWeight,
      target_value: targetValue,
      actual_value: actualValue,
      price: price ?? null,
      action,
      left_alone: leftAlone ?? null,
      detail,
    })),
  };
}

function orderRecord({ symbol, side, quantity, notional, estimatedValue }: OrderSummary): PlannedOrderRecord {
  return { symbol, side, quantity: quantity ?? null, notional: notional ?? null, estimated_value: estimatedValue };
}
