import type { Exchange } from "../../src/simulator/exchange.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import { ONE } from "../../src/domain/decimal.ts";
import type { Violation } from "./invariants.ts";
import { pendingFactor } from "./waiting-splits.ts";

/** P4: what has changed its price and not its quantity is not traded. */
export function splitViolation({ clientOrderId, symbol }: IntentRecord, exchange: Exchange): Violation | undefined {
  if (pendingFactor(exchange, symbol).eq(ONE)) return undefined;
  return { promise: "P4", text: `${clientOrderId} was sent between the price and the quantity of a split.` };
}
