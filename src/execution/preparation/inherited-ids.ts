import type { Broker } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, max, min, sum, ZERO } from "../../domain/decimal.ts";
import type { PlanInput, PlannedOrder, PlanResult } from "../../portfolio/plan.ts";
import { ABSENCE_COUNTS_AFTER_MS } from "../loop/decide.ts";
import { lateIntents } from "../orders/late-orders.ts";
import { LISTING_SLACK_MS } from "../orders/order-lifecycle.ts";

/**
 * An order that was given up as unknown (R19) may arrive as long as its session lasts, and no waiting proves that it will
 * not: what a killed process has left in its machine is sent for minutes. But the venue takes a client order id once. So
 * what is to be traded next in its symbol goes out under its id: whichever of the two comes second is refused, and
 * nothing is traded twice. Until the venue has answered, the dearer of the two is reserved.
 */
export interface Inheritance {
  /** By symbol: the id under which its next order goes out. */
  readonly inherited: ReadonlyMap<string, string>;
}

/**
 * A plan may shrink by what is reserved besides, and then more has to be: after so many rounds a part of the orders given up
 * is added, so that this comes to an end.
 */
const EXACT_ROUNDS = 3;
const HAIR = decimal("0.001");
const MOST_ROUNDS = 30;

interface HeirParts {
  readonly broker: Pick<Broker, "ordersSince">;
  readonly ledger: Ledger;
  readonly clock: Pick<Clock, "now">;
}

/**
 * Orders of earlier executions that were given up, and of which the venue shows nothing long after they were sent.
 * Where it cannot be asked, there are none: their symbols wait.
 */
export async function inheritable({ broker, ledger, clock }: HeirParts): Promise<IntentRecord[]> {
  const unsettled = ledger.unsettledIntents();
  const given = lateIntents(ledger).filter((intent) => isGivenUp(intent, clock.now()) && isAlone(intent, unsettled));
  if (given.length === 0) return [];
  try {
    const since = Math.min(...given.map(({ recordedAt }) => recordedAt)) - LISTING_SLACK_MS;
    const listed = await broker.ordersSince(since, [...new Set(given.map(({ symbol }) => symbol))]);
    return given.filter(({ clientOrderId }) => listed.every((order) => order.clientOrderId !== clientOrderId));
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return [];
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

/** What a plan leaves room for. */
export interface Reserved {
  readonly unsettled: readonly IntentRecord[];
  /** Dollars that orders of unknown end may take besides. */
  readonly besides: Decimal;
  /** Symbols that are bought only when it is known which of two orders the venue has taken. */
  readonly later: ReadonlySet<string>;
}

export interface PlannedOn {
  readonly input: PlanInput;
  readonly result: PlanResult;
}

/**
 * Plans so that what was given up is in nobody's way where an order takes its place, and stays reserved where none does.
 * Where an heir is smaller than what it takes the place of, the rest is reserved too, and only heirs are bought before it
 * is known which of the two the venue has taken; the others follow in the next plan.
 * @param plan on what stays reserved. @param given orders whose id may be inherited.
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
    // The buys beside sells are planned again when those have ended (R15).
    const lack = sells.length > 0 ? ZERO : sum(succeeded.map((intent) => lackOf(intent, buys)));
    // What is a hair short is found in the reserve of the account, if it keeps one.
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

/** Dollars that an order which was given up may take beyond the one in its place. */
function lackOf({ symbol, side, worstCaseCost }: IntentRecord, orders: readonly PlannedOrder[]): Decimal {
  const heir = orders.find((order) => order.symbol === symbol);
  if (side === "sell" || heir === undefined) return ZERO;
  return heir.side === "sell" ? worstCaseCost : max(ZERO, worstCaseCost.minus(heir.worstCaseCost));
}
