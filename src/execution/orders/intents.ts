import type { Position } from "../../domain/broker.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { Goal, IntentRecord, NewIntent } from "../../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../../domain/ledger/executions.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { ZERO } from "../../domain/decimal.ts";
import type { PlannedOrder } from "../../portfolio/plan.ts";
import { goalAfter } from "./attempts.ts";
import type { ExecutionStyle } from "../../domain/execution-style.ts";
import type { OrderIdentity } from "./ids.ts";
import { clientOrderId } from "./ids.ts";
import type { AccountSnapshot } from "../preparation/account-snapshot.ts";

/** Input for turning a phase's orders into intents. */
export interface PhaseOrders {
  readonly execution: Pick<ExecutionRecord, "id" | "signalId">;
  readonly phase: "selling" | "buying";
  readonly orders: readonly PlannedOrder[];
  readonly style: ExecutionStyle;
  /** The account snapshot that they were planned on. */
  readonly snapshot: Pick<AccountSnapshot, "positions" | "prices">;
  /** By symbol: the id of an abandoned order, reused for this one (R19). */
  readonly inherited: ReadonlyMap<string, string>;
}

type AttemptSource = Pick<Ledger, "intent" | "intentsOfSignal" | "pinnedAccount">;

/**
 * The intents for a phase's orders, with the lowest free attempt number (R18).
 * @throws Error when the previous order of the same slot is not proven to have ended.
 */
export function newIntents(ledger: AttemptSource, phaseOrders: PhaseOrders, now: number): NewIntent[] {
  const { execution, phase, orders, style, snapshot } = phaseOrders;
  const mark = ledger.pinnedAccount()?.mark;
  return orders.map((order) => {
    const slot = { signalId: execution.signalId, mark, phase, symbol: order.symbol };
    const inherited = phaseOrders.inherited.get(order.symbol);
    const attempt = freeAttempt(ledger, slot, inherited);
    const intent: NewIntent = {
      clientOrderId: inherited ?? clientOrderId({ ...slot, attempt }),
      inherits: inherited !== undefined,
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
      heldBefore: heldOf(order.symbol, snapshot.positions),
      recordedAt: now,
    };
    return style === "limit" ? { ...intent, goal: goalOf(order) } : { ...intent, quote: snapshot.prices.get(order.symbol)?.quote };
  });
}

/**
 * The intent for the rest of a terminal limit-style order: never more shares, and for buys never more dollars.
 * It is priced when it is sent.
 * @throws Error when it has nothing left, or is not proven to have ended.
 */
export function nextAttempt(ledger: AttemptSource, before: IntentRecord, signalId: string, now: number): NewIntent {
  const { executionId, phase, symbol, side, fullExit } = before;
  const goal = goalAfter(before);
  if (goal.quantity?.gt(ZERO) !== true) throw new Error(`The order ${before.clientOrderId} has no rest to send again.`);
  const slot = { signalId, mark: ledger.pinnedAccount()?.mark, phase, symbol };
  const attempt = freeAttempt(ledger, slot);
  const bought = side === "buy" ? before.filledQuantity : before.filledQuantity.neg();
  return {
    clientOrderId: clientOrderId({ ...slot, attempt }),
    executionId,
    phase,
    symbol,
    side,
    attempt,
    quantity: goal.quantity,
    notional: undefined,
    estimatedValue: valueOfRest(before, goal.quantity),
    worstCaseCost: goal.cost ?? ZERO,
    fullExit,
    heldBefore: before.heldBefore.plus(bought),
    recordedAt: now,
    goal,
  };
}

function goalOf({ side, quantity, notional, worstCaseCost }: PlannedOrder): Goal {
  return { quantity, cost: side === "buy" ? worstCaseCost : undefined, inDollars: notional !== undefined };
}

/** At the plan's price. */
function valueOfRest({ estimatedValue, quantity }: IntentRecord, rest: Decimal): Decimal {
  return quantity === undefined || quantity.eq(ZERO) ? estimatedValue : estimatedValue.times(rest).div(quantity);
}

function heldOf(symbol: string, positions: readonly Position[]): Decimal {
  return positions.find((position) => position.symbol === symbol)?.quantity ?? ZERO;
}

/** Ten parts, ten cancels, and the same again for each further plan; a higher number can only be a bug. */
const MAX_ATTEMPTS = 120;

/** @param inherited id of an order of unknown state that the new one replaces. */
function freeAttempt(ledger: AttemptSource, slot: Omit<OrderIdentity, "attempt">, inherited?: string): number {
  const { signalId, phase, symbol } = slot;
  const before = ledger.intentsOfSignal(signalId).filter((intent) => intent.phase === phase && intent.symbol === symbol);
  const taken = new Set(before.map(({ attempt }) => attempt));
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    // An inherited id names an attempt of another execution, so only the number or only the id may be taken.
    const named = ledger.intent(clientOrderId({ ...slot, attempt }));
    for (const earlier of [named, ...before.filter((intent) => intent.attempt === attempt)]) {
      if (earlier !== undefined && earlier.clientOrderId !== inherited && !hasEnded(earlier))
        throw new Error(`The order ${earlier.clientOrderId} has not ended (${earlier.state}); no further attempt is allowed.`);
    }
    if (named === undefined && !taken.has(attempt)) return attempt;
  }
  throw new Error(`${symbol} had ${String(MAX_ATTEMPTS)} attempts for signal ${signalId}; no further attempt is made.`);
}

/** Proven: the venue holds no working order of it and never will. */
function hasEnded(intent: IntentRecord): boolean {
  return intent.state === "done" || intent.state === "refused" || intent.state === "dropped";
}
