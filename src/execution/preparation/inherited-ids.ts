import type { Broker } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, max, min, sum, ZERO } from "../../domain/decimal.ts";
import type { PlanInput, PlannedOrder, PlanResult } from "../../portfolio/plan.ts";
import { ABSENCE_COUNTS_AFTER_MS } from "../loop/decide.ts";
import type { LateOrdersParts } from "../orders/late-orders.ts";
import { lateIntents, learnOf } from "../orders/late-orders.ts";
import { LISTING_SLACK_MS } from "../orders/order-lifecycle.ts";

/**
 * An order abandoned as unknown (R19) may arrive until its session ends, and waiting never proves that it will not: a
 * killed process can leave a request that is still sent minutes later. But the venue accepts a client order id only
 * once. So the next order for the symbol is sent under the same id: the second of the two is refused, and nothing is
 * traded twice. Until the venue has answered, the more expensive of the two is reserved.
 */
export interface Inheritance {
  /** By symbol: the id for its next order. */
  readonly inherited: ReadonlyMap<string, string>;
}

/**
 * Reserving more may shrink the plan, which then needs even more reserved. After this many rounds part of the abandoned
 * orders is added, so that planning ends.
 */
const EXACT_ROUNDS = 3;
const HAIR = decimal("0.001");
const MOST_ROUNDS = 30;

interface HeirParts extends LateOrdersParts {
  readonly broker: LateOrdersParts["broker"] & Pick<Broker, "ordersSince">;
}

export interface Inheritable {
  /** Abandoned orders of earlier executions that the venue still does not show long after they were sent. */
  readonly given: readonly IntentRecord[];
  /** Whether the venue has shown an abandoned order, so that account and ledger must be read again. */
  readonly hasLearned: boolean;
}

/**
 * Nothing is given when the venue cannot be asked: then the symbols wait.
 * @param dryRun whether to leave the ledger and the venue's orders as they are.
 */
export async function inheritable(parts: HeirParts, { dryRun = false } = {}): Promise<Inheritable> {
  const { broker, ledger, clock } = parts;
  const unsettled = ledger.unsettledIntents();
  const given = lateIntents(ledger).filter((intent) => isGivenUp(intent, clock.now()) && isAlone(intent, unsettled));
  if (given.length === 0) return { given, hasLearned: false };
  try {
    const since = Math.min(...given.map(({ recordedAt }) => recordedAt)) - LISTING_SLACK_MS;
    const listed = await broker.ordersSince(since, [...new Set(given.map(({ symbol }) => symbol))]);
    let hasLearned = false;
    // A list may show what a look-up by the id does not show yet.
    for (const intent of given) {
      const order = listed.find(({ clientOrderId, problem }) => clientOrderId === intent.clientOrderId && problem === undefined);
      if (order === undefined || dryRun) continue;
      await learnOf(parts, intent, order);
      hasLearned = true;
    }
    return { given: given.filter(({ clientOrderId }) => listed.every((order) => order.clientOrderId !== clientOrderId)), hasLearned };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return { given: [], hasLearned: false };
  }
}

function isGivenUp({ state, orderId, filledQuantity, postedAt, recordedAt }: IntentRecord, now: number): boolean {
  return (
    state === "abandoned" && orderId === undefined && filledQuantity.eq(ZERO) && now - (postedAt ?? recordedAt) >= ABSENCE_COUNTS_AFTER_MS
  );
}

function isAlone(intent: IntentRecord, unsettled: readonly IntentRecord[]): boolean {
  return unsettled.every(({ symbol, clientOrderId }) => symbol !== intent.symbol || clientOrderId === intent.clientOrderId);
}

/** What a plan must reserve. */
export interface Reserved {
  readonly unsettled: readonly IntentRecord[];
  /** Dollars that orders of unknown state may still use. */
  readonly besides: Decimal;
  /** Symbols bought only once it is known which of two orders the venue has accepted. */
  readonly later: ReadonlySet<string>;
}

export interface PlannedOn {
  readonly input: PlanInput;
  readonly result: PlanResult;
}

/**
 * Plans so that an abandoned order does not block its replacement, and stays reserved where there is none. If the
 * replacement is smaller, the difference is reserved too, and only replacements are bought until it is known which of
 * the two the venue has accepted; the others follow in the next plan.
 * @param plan plans with the given reservation. @param given orders whose id may be inherited.
 */
export function planWithHeirs<Planned extends PlannedOn>(
  plan: (reserved: Reserved) => Planned,
  unsettled: readonly IntentRecord[],
  given: readonly IntentRecord[],
): Planned & Inheritance {
  let freed = given;
  let besides = ZERO;
  let later: ReadonlySet<string> = new Set();
  for (let round = 0; freed.length > 0 && round < MOST_ROUNDS; round += 1) {
    const planned = plan({ unsettled: unsettled.filter((intent) => !freed.includes(intent)), besides, later });
    const { result } = planned;
    if (result.kind === "refused") break;
    const { sells, buys } = result.plan;
    const orders = [...sells, ...buys];
    const succeeded = freed.filter(({ symbol }) => orders.some((order) => order.symbol === symbol));
    // Buys are planned again after the sells (R15).
    const lack = sells.length > 0 ? ZERO : sum(succeeded.map((intent) => lackOf(intent, buys)));
    // A tiny shortfall is covered by the account's reserve, if there is one.
    const isCovered = lack.minus(besides).lte(result.plan.base.times(min(planned.input.settings.cashReserve, HAIR)));
    if (succeeded.length === freed.length && isCovered)
      return { ...planned, inherited: new Map(freed.map(({ symbol, clientOrderId }) => [symbol, clientOrderId])) };
    if (!isCovered) {
      const margin = round < EXACT_ROUNDS ? ZERO : sum(succeeded.map(({ worstCaseCost }) => worstCaseCost)).times(HAIR);
      besides = lack.plus(margin);
      const heirs = new Set(succeeded.map(({ symbol }) => symbol));
      later = new Set([...later, ...buys.map(({ symbol }) => symbol)].filter((symbol) => !heirs.has(symbol)));
    }
    freed = succeeded;
  }
  return { ...plan({ unsettled, besides: ZERO, later: new Set() }), inherited: new Map() };
}

/** Dollars that an abandoned order may use beyond its replacement. */
function lackOf({ symbol, side, worstCaseCost }: IntentRecord, orders: readonly PlannedOrder[]): Decimal {
  const heir = orders.find((order) => order.symbol === symbol);
  if (side === "sell" || heir === undefined) return ZERO;
  return heir.side === "sell" ? worstCaseCost : max(ZERO, worstCaseCost.minus(heir.worstCaseCost));
}
