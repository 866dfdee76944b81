import type { Position } from "../broker/broker.ts";
import type { ExecutionRecord, IntentRecord, Ledger, NewIntent } from "../ledger/ledger.ts";
import { ZERO } from "../portfolio/money.ts";
import type { PlannedOrder } from "../portfolio/plan.ts";
import { clientOrderId } from "./ids.ts";

/**
 * The intents for a phase's orders, with the lowest attempt number that is free (R18).
 * @throws Error when the order before of the same slot is not proven to have ended.
 */
export function newIntents(
  ledger: Pick<Ledger, "intent">,
  execution: Pick<ExecutionRecord, "id" | "signalId">,
  phase: "selling" | "buying",
  orders: readonly PlannedOrder[],
  positions: readonly Position[],
  now: number,
): NewIntent[] {
  return orders.map((order) => {
    const attempt = freeAttempt(ledger, execution.signalId, phase, order.symbol);
    return {
      clientOrderId: clientOrderId({ signalId: execution.signalId, phase, symbol: order.symbol, attempt }),
      executionId: execution.id,
      phase,
      symbol: order.symbol,
      side: order.side,
      attempt,
      quantity: order.quantity,
      notional: order.notional,
      estimatedValue: order.estimatedValue,
      worstCaseCost: order.worstCaseCost,
      fullExit: order.fullExit,
      heldBefore: positions.find((position) => position.symbol === order.symbol)?.quantity ?? ZERO,
      recordedAt: now,
    };
  });
}

/** Attempts are few; anything above this is a fault and not a market. */
const MAX_ATTEMPTS = 20;

function freeAttempt(ledger: Pick<Ledger, "intent">, signalId: string, phase: "selling" | "buying", symbol: string): number {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const before = ledger.intent(clientOrderId({ signalId, phase, symbol, attempt }));
    if (before === undefined) return attempt;
    if (!hasEnded(before))
      throw new Error(`The order ${before.clientOrderId} has not ended (${before.state}); no further attempt may be made.`);
  }
  throw new Error(`${symbol} had ${String(MAX_ATTEMPTS)} attempts for signal ${signalId}; no further one is made.`);
}

/** Proven: the venue holds no working order of it and never will. */
function hasEnded(intent: IntentRecord): boolean {
  return intent.state === "done" || intent.state === "refused" || intent.state === "dropped";
}
