import { ZERO, max, toText, truncate, SHARE_DECIMALS, type Decimal } from "../domain/decimal.ts";
import { shownQuotient } from "./quotient.ts";
import { secondStamp } from "./timestamps.ts";
import { stopPriceOf } from "./trailing.ts";

export type Side = "buy" | "sell";
export type OrderType = "market" | "limit" | "stop" | "stop_limit" | "trailing_stop";
export type TimeInForce = "day" | "gtc" | "ioc" | "fok" | "opg" | "cls";
/** The classes of linked orders: an entry with its exits, an entry with one exit, and two exits. */
export type LinkedClass = "bracket" | "oto" | "oco";
export type OrderStatus =
  | "pending_new"
  | "accepted"
  | "held"
  | "new"
  | "partially_filled"
  | "pending_cancel"
  | "filled"
  | "canceled"
  | "expired"
  | "rejected"
  | "replaced";

const ENDS: readonly OrderStatus[] = ["filled", "canceled", "expired", "rejected", "replaced"];

/** A requested order, checked as far as possible without the account. */
export interface OrderRequest {
  readonly clientOrderId: string | undefined;
  readonly symbol: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  /** Exactly one of quantity and notional is set. */
  readonly quantity: Decimal | undefined;
  readonly notional: Decimal | undefined;
  readonly limitPrice: Decimal | undefined;
  readonly stopPrice: Decimal | undefined;
  /** Of a trailing stop, exactly one: its distance in dollars, or in percent. */
  readonly trailPrice?: Decimal | undefined;
  readonly trailPercent?: Decimal | undefined;
  /** Whether it may fill before and after the session as well. */
  readonly extendedHours?: boolean;
  readonly orderClass?: LinkedClass | undefined;
}

export type ShortIntent = "sell_to_open" | "buy_to_close";

/** One order as the venue keeps it. Times are RFC 3339 strings; `…At` numbers are milliseconds. */
export interface OrderRecord extends OrderRequest {
  readonly id: string;
  readonly clientOrderId: string;
  readonly assetId: string;
  /** A take-profit that fills in part shrinks the stop-loss next to it. */
  quantity: Decimal | undefined;
  /** What it does to a short position; missing for an order that opens or closes a long one. */
  readonly shortIntent?: ShortIntent | undefined;
  /** The entry of an exit, or the take-profit of a stop-loss sent as OCO. */
  parentId?: string | undefined;
  /** Its exits, the take-profit first. */
  legIds?: readonly string[] | undefined;
  /** The best price since a trailing stop was sent: the highest for a sell, the lowest for a buy. */
  highWaterMark?: Decimal | undefined;
  /** Price that values an open buy and converts a notional sell into shares, until it fills. */
  readonly referencePrice: Decimal;
  readonly replaces: string | undefined;
  readonly createdAt: string;
  readonly submittedAt: string;
  /** When it expires, by the wall clock. */
  readonly expiresAt: number;
  status: OrderStatus;
  filledQuantity: Decimal;
  filledValue: Decimal;
  updatedAt: string;
  filledAt?: string | undefined;
  canceledAt?: string | undefined;
  expiredAt?: string | undefined;
  failedAt?: string | undefined;
  replacedAt?: string | undefined;
  replacedBy?: string | undefined;
  triggered: boolean;
  /** How many fills the order will take, once drawn. */
  slicesLeft?: number | undefined;
  /** When the order is checked next, on the monotonic clock; `undefined` waits for the open. */
  stepAt?: number | undefined;
  /** When a requested cancel takes effect, on the monotonic clock. */
  cancelAt?: number | undefined;
}

export function isOpen(order: OrderRecord): boolean {
  return !ENDS.includes(order.status);
}

/** Shares an order still needs; for a notional order at `price`, what its remaining dollars buy. */
export function remainingQuantity(order: OrderRecord, price: Decimal = order.referencePrice): Decimal {
  if (order.quantity !== undefined) return max(order.quantity.minus(order.filledQuantity), ZERO);
  return truncate(max((order.notional ?? ZERO).minus(order.filledValue), ZERO).div(price), SHARE_DECIMALS);
}

/** Whether it only reduces a position. */
export function closes({ side, shortIntent }: Pick<OrderRecord, "side" | "shortIntent">): boolean {
  return shortIntent === undefined ? side === "sell" : shortIntent === "buy_to_close";
}

/** A leg that waits for its entry, or for the exit next to it, takes neither money nor shares. */
function isWorking(order: OrderRecord): boolean {
  return isOpen(order) && order.status !== "held";
}

/** Buying power reserved by an open order that opens a position, in dollars. */
export function reservedValue(order: OrderRecord): Decimal {
  if (closes(order) || !isWorking(order)) return ZERO;
  if (order.notional !== undefined) return max(order.notional.minus(order.filledValue), ZERO);
  return remainingQuantity(order).times(order.referencePrice);
}

/** Shares of a position that an open order will close. */
export function heldQuantity(order: OrderRecord): Decimal {
  return closes(order) && isWorking(order) ? remainingQuantity(order) : ZERO;
}

export type OrderView = Readonly<Record<string, string | boolean | null | readonly object[]>> & {
  readonly id: string;
  readonly client_order_id: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
};

/**
 * The order as the venue writes it: every amount a string, every absent value null.
 * @param legs shown under it; none: null.
 */
export function orderView(order: OrderRecord, legs: readonly OrderRecord[] = []): OrderView {
  const amount = (value: Decimal | undefined): string | null => (value === undefined ? null : toText(value));
  return {
    id: order.id,
    client_order_id: order.clientOrderId,
    created_at: order.createdAt,
    updated_at: order.updatedAt,
    submitted_at: order.submittedAt,
    filled_at: order.filledAt ?? null,
    expired_at: order.expiredAt ?? null,
    expires_at: secondStamp(order.expiresAt),
    canceled_at: order.canceledAt ?? null,
    failed_at: order.failedAt ?? null,
    replaced_at: order.replacedAt ?? null,
    replaced_by: order.replacedBy ?? null,
    replaces: order.replaces ?? null,
    asset_id: order.assetId,
    symbol: order.symbol,
    asset_class: "us_equity",
    notional: amount(order.notional),
    qty: amount(order.quantity),
    filled_qty: toText(order.filledQuantity),
    filled_avg_price: order.filledQuantity.eq(ZERO) ? null : shownQuotient(order.filledValue, order.filledQuantity),
    order_class: order.orderClass ?? "",
    order_type: order.type,
    type: order.type,
    side: order.side,
    position_intent: order.shortIntent ?? (order.side === "buy" ? "buy_to_open" : "sell_to_close"),
    time_in_force: order.timeInForce,
    limit_price: amount(order.limitPrice),
    stop_price: amount(stopPriceOf(order)),
    status: order.status,
    extended_hours: order.extendedHours ?? false,
    legs: legs.length === 0 ? null : legs.map((leg) => orderView(leg)),
    trail_percent: amount(order.trailPercent),
    trail_price: amount(order.trailPrice),
    hwm: amount(order.highWaterMark),
    subtag: null,
    source: "access_key",
  };
}

export type TradeEvent =
  | "pending_new"
  | "accepted"
  | "held"
  | "new"
  | "partial_fill"
  | "fill"
  | "pending_cancel"
  | "canceled"
  | "expired"
  | "rejected"
  | "replaced";

/** The data of one `trade_updates` frame, in wire format. */
export interface TradeUpdate {
  readonly event: TradeEvent;
  readonly timestamp: string;
  readonly at: string;
  readonly event_id: string;
  readonly execution_id: string;
  readonly price?: string;
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
