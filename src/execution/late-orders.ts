import type { Broker } from "../broker/broker.ts";
import { isTerminal } from "../broker/broker.ts";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { IntentRecord, Ledger } from "../ledger/ledger.ts";

/** Pause between two rounds of {@link settleLateOrders}. */
export const LATE_ORDERS_EVERY_MS = 30_000;

/** A day order that was not seen when its session ended cannot come to life any more; the margin is for slow books. */
const SESSION_END_MARGIN_MS = 15 * 60_000;

export interface LateOrdersParts {
  readonly broker: Broker;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly say: (level: "warn" | "error", text: string, intent: IntentRecord) => void;
}

/**
 * Watches orders that outlived their execution: those whose fate was never learned (`abandoned`, R19)
 * and those whose cancel was not seen to take effect. One round: what is found working is cancelled,
 * what has ended is recorded, and what never appeared is written off after its session.
 */
export async function settleLateOrders(parts: LateOrdersParts): Promise<void> {
  for (const intent of lateIntents(parts.ledger)) {
    try {
      await settleOne(parts, intent);
    } catch (error) {
      parts.say("warn", `${intent.symbol}: the order ${intent.clientOrderId} could not be looked up: ${messageOf(error)}`, intent);
    }
  }
}

/** Intents of finished executions that may still hold or become an order at the venue. */
export function lateIntents(ledger: Ledger): IntentRecord[] {
  return ledger
    .unsettledIntents()
    .filter((intent) => ledger.execution(intent.executionId)?.finishedAt !== undefined && intent.state !== "recorded");
}

async function settleOne(parts: LateOrdersParts, intent: IntentRecord): Promise<void> {
  const { broker, ledger, clock } = parts;
  const order = await broker.orderByClientId(intent.clientOrderId);
  if (order === undefined) {
    const market = await broker.marketClock();
    const posted = intent.postedAt ?? intent.recordedAt;
    if (market.isOpen || market.timestamp - posted < SESSION_END_MARGIN_MS) return;
    ledger.updateIntent(intent.clientOrderId, {
      state: "dropped",
      message: "It never appeared before its session ended.",
      updatedAt: clock.now(),
    });
    parts.say("warn", `${intent.symbol}: the ${intent.side} ${intent.clientOrderId} never appeared; its session is over.`, intent);
    return;
  }
  const ended = isTerminal(order.status);
  ledger.updateIntent(intent.clientOrderId, {
    state: ended ? "done" : "open",
    orderId: order.id,
    status: order.status,
    filledQuantity: order.filledQuantity,
    ...(order.filledAveragePrice === undefined ? {} : { filledAveragePrice: order.filledAveragePrice }),
    ...(ended ? { filledAt: order.filledAt ?? clock.now() } : {}),
    updatedAt: clock.now(),
  });
  if (ended) {
    parts.say(
      "warn",
      `${intent.symbol}: the late ${intent.side} ${order.id} ended ${order.status} with ${order.filledQuantity.toFixed()} shares filled.`,
      intent,
    );
    return;
  }
  parts.say("error", `${intent.symbol}: the ${intent.side} ${order.id} came up after its execution had ended; it is cancelled.`, intent);
  await broker.cancel(order.id);
}
