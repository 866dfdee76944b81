import type { Order } from "../../domain/broker.ts";
import { isTerminal } from "../../domain/broker.ts";
import type { Clock } from "../../domain/clock.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, ZERO } from "../../domain/decimal.ts";
import type { IntentFacts } from "./decide.ts";
import { isEnded } from "./decide.ts";

/** What this process knows about one intent beyond the ledger; all times monotonic, in milliseconds. */
export interface FollowUp {
  /** A request is in flight that may change it, or that shows whether the venue has it. */
  busy: boolean;
  /** A poll of it is in flight. */
  polling: boolean;
  postedAt: number | undefined;
  absentAt: number | undefined;
  askedAt: number | undefined;
  polls: number;
  workingSince: number | undefined;
  cancelRequestedAt: number | undefined;
  cancelAgainAt: number | undefined;
  notBefore: number | undefined;
  hinted: boolean;
  /** Since when it has been shown as ended with these fills. */
  endShown: { readonly since: number; readonly filledQuantity: Decimal } | undefined;
  /** The most shares that the stream has reported as filled. */
  told: Decimal;
  /** The last stream update while a request for the order is in flight. */
  heard: Order | undefined;
  /** Since when a limit-style order has been waiting for a sane quote; `undefined` while it has one. */
  quoteAwaitedSince: number | undefined;
}

/**
 * Starts following an intent. Recorded wall-clock times are converted to the monotonic clock; if the wall
 * clock was set back, they count from now, which only waits longer.
 */
export function followUpOf(record: IntentRecord, clock: Clock): FollowUp {
  const carried = (at: number | undefined): number | undefined =>
    at === undefined ? undefined : clock.monotonic() - Math.max(0, clock.now() - at);
  return {
    busy: false,
    polling: false,
    postedAt: carried(record.postedAt),
    absentAt: undefined,
    askedAt: undefined,
    polls: 0,
    workingSince: carried(record.acceptedAt),
    cancelRequestedAt: carried(record.cancelRequestedAt),
    // It is recorded before it is sent: a process killed in between has not sent the request.
    cancelAgainAt: record.cancelRequestedAt === undefined ? undefined : clock.monotonic(),
    notBefore: undefined,
    hinted: false,
    endShown: undefined,
    told: ZERO,
    heard: undefined,
    quoteAwaitedSince: undefined,
  };
}

/**
 * Whether the stream reports the complete fill of exactly the order that was sent, under both of its ids. Only
 * that is accepted directly; every other update is read again by id.
 */
export function isWholeFill(intent: IntentRecord, told: Order): boolean {
  const isOurs = told.id === intent.orderId && told.clientOrderId === intent.clientOrderId;
  const isAsSent = told.symbol === intent.symbol && told.side === intent.side;
  if (intent.state !== "open" || intent.cancelRequestedAt !== undefined || !isOurs || !isAsSent || told.status !== "filled") return false;
  if (told.filledAveragePrice === undefined) return false;
  if (intent.quantity !== undefined) return told.filledQuantity.eq(intent.quantity);
  if (intent.notional === undefined) return false;
  const spent = told.filledQuantity.times(told.filledAveragePrice);
  return spent.minus(intent.notional).abs().lte(intent.notional.times(WHOLE_NOTIONAL_WITHIN));
}

/** A notional buy spends its amount, up to rounding. */
const WHOLE_NOTIONAL_WITHIN = decimal("0.001");

/**
 * Whether an update of the stream is a reason to read the order by id at once. Partial fills are not: a large order has hundreds
 * of them within seconds, and reading each one would use up the minute's requests. The next poll shows them.
 */
export function isNews(intent: IntentRecord, told: Order): boolean {
  return intent.state !== "open" || told.id !== intent.orderId || isTerminal(told.status);
}

/** @param opened monotonic time of the last open; a queued order's time-out counts from there (R23). */
export function factsOf(record: IntentRecord, followUp: FollowUp, opened: number | undefined): IntentFacts {
  const working = followUp.workingSince;
  // Once the stream has reported the end of an order, reads in flight are not awaited.
  const polling = followUp.polling && !isEnded(record);
  return {
    ...followUp,
    record,
    busy: followUp.busy || polling,
    reading: polling && !followUp.busy,
    workingSince: working === undefined || opened === undefined ? working : Math.max(working, opened),
  };
}
