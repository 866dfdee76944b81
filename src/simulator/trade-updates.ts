import { toText, type Decimal } from "../domain/decimal.ts";
import { orderView, type OrderRecord, type OrderView } from "./orders.ts";

export type TradeEvent =
  "pending_new" | "accepted" | "new" | "partial_fill" | "fill" | "pending_cancel" | "canceled" | "expired" | "rejected" | "replaced";

/** The data of one `trade_updates` frame, in wire format. */
export interface TradeUpdate {
  readonly event: TradeEvent;
  readonly timestamp: string;
  readonly at: string;
  readonly event_id: string;
  readonly execution_id: string;
  /** Of this execution alone; fills only. */
  readonly price?: string;
  /** Shares of this execution alone; fills only. */
  readonly qty?: string;
  /** Shares held afterwards; fills only. */
  readonly position_qty?: string;
  readonly order: OrderView;
}

export interface Execution {
  readonly price: Decimal;
  readonly quantity: Decimal;
  readonly positionQuantity: Decimal;
}

export function tradeUpdate(
  event: TradeEvent,
  order: OrderRecord,
  stamp: string,
  ids: { readonly eventId: string; readonly executionId: string },
  execution?: Execution,
): TradeUpdate {
  return {
    event,
    timestamp: stamp,
    at: stamp,
    event_id: ids.eventId,
    execution_id: ids.executionId,
    ...(execution !== undefined && {
      price: toText(execution.price),
      qty: toText(execution.quantity),
      position_qty: toText(execution.positionQuantity),
    }),
    order: orderView(order),
  };
}
