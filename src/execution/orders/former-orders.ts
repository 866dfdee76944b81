import type { Order } from "../../domain/broker.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";

/** What is said of an order when one that was given up before has taken the id that both were sent under. */
export const CAME_TOO_LATE = "an earlier order, which had been given up, has arrived under its id";

/** Whether an order at the venue is an earlier abandoned one rather than the last one sent under its id (R19). */
export function isOfFormer(ledger: Pick<Ledger, "formerIntents">, intent: IntentRecord, order: Order): boolean {
  if (intent.orderId === order.id || isSentAs(intent, order)) return false;
  return ledger.formerIntents(intent.clientOrderId).some((former) => isSentAs(former, order));
}

function isSentAs({ symbol, side, quantity, notional }: IntentRecord, order: Order): boolean {
  const isSize = notional === undefined ? quantity !== undefined && order.quantity?.eq(quantity) : order.notional?.eq(notional);
  return order.symbol === symbol && order.side === side && isSize === true;
}
