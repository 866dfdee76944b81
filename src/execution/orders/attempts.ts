import type { Goal, IntentRecord } from "../../domain/ledger/orders.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { CENT_DECIMALS, decimal, max, min, truncate, ZERO } from "../../domain/decimal.ts";
import type { LimitOrderSettings } from "../../domain/execution-style.ts";

/** Input for deciding whether the rest of an order is sent again. */
export interface AttemptRules extends Pick<LimitOrderSettings, "repegMs" | "repegs" | "then"> {
  /** Minimum value in dollars of a rest worth an order, unless it is the last of a position. */
  readonly minimum: Decimal;
}

const CENT = decimal("0.01");

/** Orders for one planned trade, one after the other, each for the rest of the previous ones. */
function attemptsOf(record: IntentRecord, all: readonly IntentRecord[]): IntentRecord[] {
  return all.filter((other) => other.phase === record.phase && other.symbol === record.symbol);
}

/** Whether this is the newest attempt of its planned trade; only the newest one shows how the trade ended. */
export function isNewest(record: IntentRecord, all: readonly IntentRecord[]): boolean {
  return attemptsOf(record, all).every((other) => other.attempt <= record.attempt);
}

/** Attempts of the same planned trade that were cancelled before they were filled. */
export function cutShort(record: IntentRecord, all: readonly IntentRecord[]): number {
  return attemptsOf(record, all).filter(({ state, status }) => state === "done" && status !== "filled").length;
}

/** Filled attempts of the same planned trade: parts of an order that is too large for one. */
export function filledParts(record: IntentRecord, all: readonly IntentRecord[]): number {
  return attemptsOf(record, all).filter(({ state, status }) => state === "done" && status === "filled").length;
}

/** Shares still to trade after a terminal order of limit style; `undefined` in market style. */
function restOf({ goal, filledQuantity }: IntentRecord): Decimal | undefined {
  return goal?.quantity === undefined ? undefined : max(ZERO, goal.quantity.minus(filledQuantity));
}

/**
 * The goal of the next attempt: the remaining shares and, for a buy, the remaining dollars. Spending is
 * rounded up to the cent, because the average price is rounded.
 */
export function goalAfter(record: IntentRecord): Goal {
  const { goal, filledQuantity, filledAveragePrice, limitPrice } = record;
  const quantity = restOf(record);
  if (goal?.cost === undefined) return { quantity, cost: undefined, inDollars: false };
  const spent = filledQuantity.times(filledAveragePrice ?? limitPrice ?? ZERO);
  const counted = spent.eq(ZERO) ? ZERO : truncate(spent, CENT_DECIMALS).plus(CENT);
  return { ...goal, quantity, cost: max(ZERO, goal.cost.minus(counted)) };
}

/** `done_for_day` and `calculated` may end an order that is filled in full. */
function isFilledWhole({ quantity, notional, filledQuantity, filledAveragePrice }: IntentRecord): boolean {
  if (quantity !== undefined) return filledQuantity.gte(quantity);
  return notional !== undefined && filledQuantity.times(filledAveragePrice ?? ZERO).gte(notional.minus(CENT));
}

/** Whether the rest of a terminal order's planned trade is worth an order. */
export function endedShort(record: IntentRecord, minimum: Decimal): boolean {
  if (record.state !== "done") return false;
  const rest = record.notional === undefined ? restOf(record) : undefined;
  if (rest === undefined) return record.status !== "filled" && !isFilledWhole(record);
  if (rest.eq(ZERO)) return false;
  const price = record.limitPrice ?? record.filledAveragePrice;
  // A market order of which nothing was filled.
  if (price === undefined) return true;
  const worth = rest.times(price);
  // A buy is complete when its dollars are spent, whatever the number of shares.
  return record.fullExit || min(worth, goalAfter(record).cost ?? worth).gte(minimum);
}

/**
 * Whether the rest of a terminal order is sent again under the next attempt: the next part after a filled
 * one, and the rest of an order that we cancelled, a limited number of times. Orders cancelled externally,
 * rejected or expired, and the rest of a market order, are left as they are (R20).
 */
export function isContinued(record: IntentRecord, all: readonly IntentRecord[], rules: AttemptRules): boolean {
  if (record.goal === undefined || record.orderType !== "limit") return false;
  if (!endedShort(record, rules.minimum) || !isNewest(record, all)) return false;
  if (record.status === "filled") return true;
  if (record.status !== "canceled" || record.cancelRequestedAt === undefined) return false;
  return cutShort(record, all) <= rules.repegs || rules.then === "market";
}
