import type { Broker, Order } from "../../domain/broker.ts";
import { isTerminal } from "../../domain/broker.ts";
import type { Clock } from "../../domain/clock.ts";
import { messageOf } from "../../domain/errors.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import { CAME_TOO_LATE, isOfFormer } from "./former-orders.ts";
import { marketDate } from "../../domain/market-day.ts";
import { max } from "../../domain/decimal.ts";

/** Pause between two rounds of {@link settleLateOrders}. */
export const LATE_ORDERS_EVERY_MS = 30_000;

const CANCEL_AGAIN_MS = 2_000;

/** The venue may be slow to show the last orders of a session. */
const SESSION_END_MARGIN_MS = 15 * 60_000;

export interface LateOrdersParts {
  readonly broker: Pick<Broker, "orderByClientId" | "cancel" | "marketClock" | "calendar">;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly say: (level: "warn" | "error", text: string, intent: IntentRecord) => void;
  /** A failed read, which repeats with every attempt; by default a warning like the others. */
  readonly sayFailure?: (text: string, intent: IntentRecord) => void;
}

/**
 * Watches orders after the end of their execution: those whose state was never learned (`abandoned`, R19)
 * and those whose cancel was not seen to take effect. One round cancels open ones, records ended ones, and
 * writes off those that never appeared once their session is over.
 */
export async function settleLateOrders(parts: LateOrdersParts): Promise<void> {
  for (const intent of lateIntents(parts.ledger)) await settleLateOrder(parts, intent);
}

/** Intents of finished executions that may still hold or become an order at the venue. */
export function lateIntents(ledger: Ledger): IntentRecord[] {
  const unsettled = ledger.unsettledIntents().filter(({ state }) => state !== "recorded");
  return unsettled.filter((intent) => ledger.execution(intent.executionId)?.finishedAt !== undefined);
}

/** As {@link settleLateOrders}, for one intent. A failed read is logged and retried later. */
export async function settleLateOrder(parts: LateOrdersParts, intent: IntentRecord): Promise<void> {
  try {
    const order = await parts.broker.orderByClientId(intent.clientOrderId);
    if (order === undefined) await writeOff(parts, intent);
    else await learnOf(parts, intent, order);
  } catch (error) {
    const text = `${intent.symbol}: cannot read the state of the ${intent.side} ${intent.clientOrderId}: ${messageOf(error)}`;
    if (parts.sayFailure === undefined) parts.say("warn", text, intent);
    else parts.sayFailure(text, intent);
  }
}

/** Looks once more at an order that ended unfilled: its last fills may be shown later than its end. A failed read is logged. */
export async function settleEnded(parts: LateOrdersParts, intent: IntentRecord): Promise<void> {
  try {
    const order = await parts.broker.orderByClientId(intent.clientOrderId);
    if (order !== undefined && isTerminal(order.status) && order.filledQuantity.gt(intent.filledQuantity))
      await learnOf(parts, intent, order);
  } catch (error) {
    parts.say("warn", `${intent.symbol}: cannot read the state of the ${intent.side} ${intent.clientOrderId}: ${messageOf(error)}`, intent);
  }
}

/** Records what the venue has of an intent whose execution is over, and cancels what still works. */
export async function learnOf(parts: LateOrdersParts, intent: IntentRecord, order: Order): Promise<void> {
  const { ledger, clock } = parts;
  if (isOfFormer(ledger, intent, order)) {
    ledger.updateIntent(intent.clientOrderId, { state: "dropped", message: CAME_TOO_LATE, code: "came-too-late", updatedAt: clock.now() });
    const former = ledger.intent(intent.clientOrderId);
    if (former !== undefined) await learnOf(parts, former, order);
    return;
  }
  const name = `${intent.symbol}: the ${intent.side} ${order.id}`;
  if (order.symbol !== intent.symbol || order.side !== intent.side) {
    ledger.updateIntent(intent.clientOrderId, {
      state: "refused",
      status: "other",
      message: `The venue holds ${order.side} ${order.symbol} under this id.`,
      updatedAt: clock.now(),
    });
    parts.say(
      "error",
      `${intent.symbol}: the venue holds ${order.side} ${order.symbol} under our id ${intent.clientOrderId}. It is left alone.`,
      intent,
    );
    return;
  }
  const ended = isTerminal(order.status);
  ledger.updateIntent(intent.clientOrderId, {
    state: ended ? "done" : "open",
    orderId: order.id,
    status: order.status,
    // A late response may be older than what is known; fills are never undone.
    filledQuantity: max(intent.filledQuantity, order.filledQuantity),
    ...(order.filledAveragePrice === undefined ? {} : { filledAveragePrice: order.filledAveragePrice }),
    ...(ended ? { filledAt: order.filledAt ?? order.updatedAt ?? clock.now() } : {}),
    updatedAt: clock.now(),
  });
  if (ended) {
    parts.say(
      "warn",
      `${name} ended ${order.status} with ${order.filledQuantity.toFixed()} shares filled; ${intent.filledQuantity.toFixed()} were known before.`,
      intent,
    );
    return;
  }
  await cancelOnce(parts, intent, order);
}

/** Repeated only after a while: a cancel takes time, and each request counts against the budget. */
async function cancelOnce({ broker, ledger, clock, say }: LateOrdersParts, intent: IntentRecord, order: Order): Promise<void> {
  const since = clock.now() - (intent.cancelRequestedAt ?? -Infinity);
  if (since >= 0 && since < CANCEL_AGAIN_MS) return;
  say("error", `${intent.symbol}: our earlier ${intent.side} ${order.id} is still ${order.status}. Cancelling it.`, intent);
  ledger.updateIntent(intent.clientOrderId, { cancelRequestedAt: clock.now(), updatedAt: clock.now() });
  await broker.cancel(order.id);
}

/** An order that never appeared can no longer arrive once its session has ended. */
async function writeOff(parts: LateOrdersParts, intent: IntentRecord): Promise<void> {
  // Only a list has shown it, and the ledger says already that there is none.
  if (intent.state === "dropped" || intent.state === "refused") return;
  const { broker, ledger, clock } = parts;
  const posted = intent.postedAt ?? intent.recordedAt;
  const { timestamp: now, isOpen } = await broker.marketClock();
  if (isOpen && marketDate(posted) === marketDate(now)) return;
  const sessions = await broker.calendar(marketDate(posted), marketDate(now));
  if (!sessions.some(({ close }) => close >= posted && close + SESSION_END_MARGIN_MS <= now)) return;
  const message = "Its session ended without it.";
  ledger.updateIntent(intent.clientOrderId, { state: "dropped", code: "session-over", message, updatedAt: clock.now() });
  parts.say("warn", `${intent.symbol}: the ${intent.side} ${intent.clientOrderId} never appeared, and its session is over.`, intent);
}
