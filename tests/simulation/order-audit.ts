import { isOwnOrder } from "../../src/execution/orders/ids.ts";
import type { Ledger } from "../../src/domain/ledger.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import { isOpen } from "../../src/simulator/orders.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import type { Violation } from "./invariants.ts";

/** P1: at the end the ledger denies no order that the venue has held, and claims no end that is none. */
export function auditOrders(ledger: Pick<Ledger, "intent">, orders: Iterable<OrderRecord>): Violation[] {
  return [...orders].filter(isOwnOrder).flatMap((order) => {
    const problem = problemOf(ledger.intent(order.clientOrderId), order);
    return problem === undefined ? [] : [{ promise: "P1", text: `${order.clientOrderId}, ${order.status} at the venue, ${problem}.` }];
  });
}

function problemOf(intent: IntentRecord | undefined, order: OrderRecord): string | undefined {
  if (intent === undefined) return "is not in the ledger";
  switch (intent.state) {
    case "refused":
    case "dropped":
    case "recorded":
      return `is ${intent.state} in the ledger`;
    case "done":
      if (isOpen(order)) return "has ended in the ledger";
      return intent.filledQuantity.eq(order.filledQuantity)
        ? undefined
        : `has ${intent.filledQuantity.toFixed()} shares filled in the ledger`;
    case "posting":
    case "unknown":
    case "open":
    case "abandoned":
      return undefined;
  }
}
