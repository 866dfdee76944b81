import type { Exchange } from "../../src/simulator/exchange.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import { ONE } from "../../src/domain/decimal.ts";
import type { Violation } from "./invariants.ts";
import { pendingFactor } from "./waiting-splits.ts";

/**
 * P4: what has changed its price and not its quantity is not traded. Where somebody has sold all of it since, no quantity is
 * wrong, and a buy costs what it is worth.
 */
export function splitViolation({ clientOrderId, symbol, side }: IntentRecord, exchange: Exchange): Violation | undefined {
  if (pendingFactor(exchange, symbol).eq(ONE)) return undefined;
  if (side === "buy" && !exchange.state.positions.has(symbol)) return undefined;
  return { promise: "P4", text: `${clientOrderId} was sent between the price and the quantity of a split.` };
}
