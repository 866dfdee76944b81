import type { Order } from "../../domain/broker.ts";
import type { IntentRecord, NewIntent } from "../../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../../domain/ledger/executions.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, ZERO } from "../../domain/decimal.ts";
import { STAMP_SLACK_MS } from "../preparation/earlier-orders.ts";
import { identityIn } from "../orders/ids.ts";
import type { MarketWatch } from "./market-watch.ts";
import type { OpenExecution } from "./open-execution.ts";
import { LISTING_SLACK_MS } from "../orders/order-lifecycle.ts";
import { symbolsOf } from "../preparation/plan-input.ts";
import { sharesBefore } from "../outcome/summary.ts";

/**
 * A truncated or restored ledger lacks orders that an execution has sent since, and the account would never match the
 * known fills (R16). The venue has all of them: those with ids of this execution's signal, in this ledger's form, from before
 * this process, are recorded.
 * @param adopt called with each intent that the venue holds.
 * @throws BrokerError when the venue cannot be asked.
 */
export async function findLostOrders(
  execution: OpenExecution,
  market: MarketWatch,
  adopt: (intent: IntentRecord, order: Order) => void,
): Promise<void> {
  const { broker, ledger, clock, startedAt } = execution.parts;
  const record = execution.record();
  const listed = await execution.unlessStopping(broker.ordersSince(record.startedAt - LISTING_SLACK_MS, symbolsIn(execution)));
  // Later ones that this ledger does not know come from another installation (R24).
  const started = (market.time ?? -Infinity) - (clock.monotonic() - startedAt) + STAMP_SLACK_MS;
  const mark = ledger.pinnedAccount()?.mark;
  const own = listed.filter(({ problem, clientOrderId, createdAt }) => {
    const isOurs = createdAt <= started || ledger.intent(clientOrderId) !== undefined;
    const identity = identityIn(clientOrderId);
    return problem === undefined && isOurs && identity?.signalId === execution.signal.id && identity.mark === mark;
  });
  for (const order of own.sort((one, other) => one.createdAt - other.createdAt)) {
    const lost = ledger.intent(order.clientOrderId) === undefined ? lostIntent(order, execution, clock.now()) : undefined;
    if (lost !== undefined) ledger.recordIntents([lost]);
    const intent = execution.intents().find(({ clientOrderId }) => clientOrderId === order.clientOrderId);
    if (intent?.state === "recorded") adopt(intent, order);
  }
}

function symbolsIn(execution: OpenExecution): string[] {
  const { wanted, accountBefore } = execution.record();
  const held = accountBefore?.positions ?? [];
  return [...new Set([...symbolsOf(wanted), ...[...held, ...execution.intents()].map(({ symbol }) => symbol)])];
}

/** The intent that an order was sent for. */
function lostIntent(order: Order, execution: OpenExecution, now: number): NewIntent | undefined {
  const identity = identityIn(order.clientOrderId);
  const { symbol, side, clientOrderId, quantity, notional } = order;
  if (identity?.symbol !== symbol || (quantity === undefined) === (notional === undefined)) return undefined;
  const record = execution.record();
  const estimatedValue = notional ?? (quantity ?? ZERO).times(priceOf(order, record));
  return {
    ...{ clientOrderId, symbol, side, quantity, notional, estimatedValue },
    executionId: execution.id,
    phase: identity.phase,
    attempt: identity.attempt,
    worstCaseCost: side === "buy" ? estimatedValue : ZERO,
    fullExit: false,
    heldBefore: heldBefore(symbol, execution, record),
    recordedAt: now,
  };
}

function priceOf({ symbol, limitPrice, filledAveragePrice }: Order, { accountBefore }: ExecutionRecord): Decimal {
  const seen = accountBefore?.prices?.find((price) => price.symbol === symbol)?.price;
  return limitPrice ?? filledAveragePrice ?? decimal(seen ?? "0");
}

/** The position at planning time, and known fills since. */
function heldBefore(symbol: string, execution: OpenExecution, record: ExecutionRecord): Decimal {
  const known = execution.intents().filter((intent) => intent.symbol === symbol);
  return known.reduce(
    (held, { side, filledQuantity }) => (side === "buy" ? held.plus(filledQuantity) : held.minus(filledQuantity)),
    sharesBefore(record, symbol),
  );
}
