import type { Goal, IntentRecord } from "../../domain/ledger/orders.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { CENT_DECIMALS, decimal, max, min, truncate, ZERO } from "../../domain/decimal.ts";
import type { LimitOrderSettings } from "../../domain/execution-style.ts";

/** What decides whether the rest of an order is sent again. */
export interface AttemptRules extends Pick<LimitOrderSettings, "repegMs" | "repegs" | "then"> {
  /** Dollars: a rest that is worth less is not worth an order, unless it is the last of a position. */
  readonly minimum: Decimal;
}

const CENT = decimal("0.01");

/** Orders for one planned trade: one after the other, each for what the ones before have left. */
function attemptsOf(record: IntentRecord, all: readonly IntentRecord[]): IntentRecord[] {
  return all.filter((other) => other.phase === record.phase && other.symbol === record.symbol);
}

/** Whether no later attempt stands for the same planned trade: only the newest one tells how it ended. */
export function isNewest(record: IntentRecord, all: readonly IntentRecord[]): boolean {
  return attemptsOf(record, all).every((other) => other.attempt <= record.attempt);
}

/** Attempts of the same planned trade that were cancelled before they were filled. */
export function cutShort(record: IntentRecord, all: readonly IntentRecord[]): number {
  return attemptsOf(record, all).filter(({ state, status }) => state === "done" && status !== "filled").length;
}

/** Attempts of the same planned trade that were filled: parts of an order that is too large for one. */
export function filledParts(record: IntentRecord, all: readonly IntentRecord[]): number {
  return attemptsOf(record, all).filter(({ state, status }) => state === "done" && status === "filled").length;
}

/** Shares of its goal that a terminal order has left; `undefined` in market style, and for a buy in dollars, whose rest cannot be told in shares. */
function restOf({ goal, filledQuantity }: IntentRecord): Decimal | undefined {
  return goal?.quantity === undefined ? undefined : max(ZERO, goal.quantity.minus(filledQuantity));
}

/**
 * The goal of the attempt after a terminal one: the shares that it left and, of a buy, the dollars. What was
 * spent is counted up to the cent, since an average price is rounded.
 */
export function goalAfter(record: IntentRecord): Goal {
  const { goal, filledQuantity, filledAveragePrice, limitPrice } = record;
  const quantity = restOf(record);
  if (goal?.cost === undefined) return { quantity, cost: undefined, inDollars: false };
  const spent = filledQuantity.times(filledAveragePrice ?? limitPrice ?? ZERO);
  const counted = spent.eq(ZERO) ? ZERO : truncate(spent, CENT_DECIMALS).plus(CENT);
  return { ...goal, quantity, cost: max(ZERO, goal.cost.minus(counted)) };
}

/** Whether a terminal order leaves something of its planned trade undone that is worth an order. */
export function endedShort(record: IntentRecord, minimum: Decimal): boolean {
  if (record.state !== "done") return false;
  const rest = record.orderType === "limit" ? restOf(record) : undefined;
  if (rest === undefined) return record.status !== "filled";
  if (rest.eq(ZERO)) return false;
  const worth = rest.times(record.limitPrice ?? ZERO);
  // A buy has done its part when its dollars are spent, however many shares they bought.
  return record.fullExit || min(worth, goalAfter(record).cost ?? worth).gte(minimum);
}

/**
 * Whether the rest of a terminal order is sent again under the next attempt: of a part that was filled the
 * next part, and of an order that we have cancelled what it has left, so many times. What somebody else has
 * cancelled, what the venue has rejected or let expire, and the rest of a market order stay as they are (R20).
 */
export function isContinued(record: IntentRecord, all: readonly IntentRecord[], rules: AttemptRules): boolean {
  if (record.goal === undefined || record.orderType !== "limit") return false;
  if (!endedShort(record, rules.minimum) || !isNewest(record, all)) return false;
  if (record.status === "filled") return true;
  if (record.status !== "canceled" || record.cancelRequestedAt === undefined) return false;
  return cutShort(record, all) <= rules.repegs || rules.then === "market";
}
