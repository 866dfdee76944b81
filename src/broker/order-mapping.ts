import { z } from "zod";
import type { Fill, Order, OrderUpdate } from "../domain/broker.ts";
import { amount, instant, optional, piece, read, readOr, rows, side, text, UnreadableAnswer } from "./wire.ts";
import { HUNDRED, ZERO } from "../domain/decimal.ts";

const orderSchema = z
  .object({
    id: text,
    client_order_id: optional(text),
    symbol: text,
    side,
    type: optional(z.string()),
    order_type: optional(z.string()),
    status: text,
    qty: optional(amount),
    notional: optional(amount),
    limit_price: optional(amount),
    filled_qty: optional(amount),
    filled_avg_price: optional(amount),
    created_at: optional(instant),
    submitted_at: optional(instant),
    filled_at: optional(instant),
    updated_at: optional(instant),
    replaced_by: optional(text),
    asset_class: optional(z.string()),
  })
  .transform((wire, context): Order => {
    const createdAt = wire.created_at ?? wire.submitted_at ?? wire.updated_at;
    if (createdAt === undefined) context.addIssue({ code: "custom", path: ["created_at"], message: "is missing" });
    // Null was seen for a rejected order; for any other it could hide a fill.
    const filledQuantity = wire.filled_qty ?? (wire.status === "rejected" ? ZERO : undefined);
    if (filledQuantity === undefined) context.addIssue({ code: "custom", path: ["filled_qty"], message: "is missing" });
    return {
      id: wire.id,
      clientOrderId: wire.client_order_id ?? "",
      symbol: wire.symbol,
      side: wire.side,
      type: wire.type ?? wire.order_type ?? "",
      status: wire.status,
      quantity: wire.qty,
      notional: wire.notional,
      limitPrice: wire.limit_price,
      filledQuantity: filledQuantity ?? ZERO,
      // Some answers show the fills first and the price as 0.
      filledAveragePrice: wire.filled_avg_price?.gt(ZERO) === true ? wire.filled_avg_price : undefined,
      createdAt: createdAt ?? 0,
      submittedAt: wire.submitted_at,
      filledAt: wire.filled_at,
      updatedAt: wire.updated_at,
      replacedBy: wire.replaced_by,
      ...sizeOf(wire.asset_class),
    };
  });

/** One option contract covers a hundred shares. */
function sizeOf(assetClass: string | undefined): Pick<Order, "contractSize"> {
  return assetClass === "us_option" ? { contractSize: HUNDRED } : {};
}

/** @throws UnreadableAnswer */
export function toOrder(json: unknown): Order {
  return read(orderSchema, json);
}

/** The readable part of a damaged row; its id is required, because it could be an order of ours. */
const oddOrderSchema = z.object({
  id: text,
  client_order_id: text,
  symbol: piece(text),
  side: piece(side),
  type: piece(text),
  status: piece(text),
  qty: piece(amount),
  notional: piece(amount),
  limit_price: piece(amount),
  filled_qty: piece(amount),
  created_at: piece(instant),
  asset_class: piece(text),
  order_class: piece(text),
});

/** @throws UnreadableAnswer when even its ids cannot be read. */
function oddOrder(row: unknown, problem: string): Order {
  const known = read(oddOrderSchema, row);
  return {
    id: known.id,
    clientOrderId: known.client_order_id,
    symbol: known.symbol ?? "",
    side: known.side ?? "buy",
    type: known.type ?? "",
    status: known.status ?? "",
    quantity: known.qty,
    notional: known.notional,
    limitPrice: known.limit_price?.abs(),
    filledQuantity: known.filled_qty ?? ZERO,
    filledAveragePrice: undefined,
    createdAt: known.created_at ?? 0,
    submittedAt: undefined,
    filledAt: undefined,
    updatedAt: undefined,
    replacedBy: undefined,
    ...sizeOf(known.order_class === "mleg" ? "us_option" : known.asset_class),
    problem,
  };
}

/**
 * A list of orders, row by row: a damaged row carries its `problem` and does not hide the others (R34). An order
 * with several legs (options) has no symbol and no side; its legs, if shown, represent it.
 * @throws UnreadableAnswer when it is not a list, or a row has no ids.
 */
export function toOrders(json: unknown): Order[] {
  return read(rows, json)
    .flatMap((row) => legsOf(row) ?? [row])
    .map((row) => readOr(orderSchema, row, (problem) => oddOrder(row, problem)));
}

const legged = z.object({ symbol: z.literal("").nullish(), legs: z.array(z.unknown()).min(1) });

function legsOf(entry: unknown): unknown[] | undefined {
  const parsed = legged.safeParse(entry);
  return parsed.success ? parsed.data.legs : undefined;
}

const fillSchema = z
  .object({ id: text, order_id: text, symbol: text, side, qty: amount, price: amount, transaction_time: instant })
  .transform((wire): Fill => ({
    id: wire.id,
    orderId: wire.order_id,
    symbol: wire.symbol,
    side: wire.side,
    quantity: wire.qty,
    price: wire.price,
    at: wire.transaction_time,
  }));

const fillsSchema = z.array(fillSchema);

/** @throws UnreadableAnswer */
export function toFills(json: unknown): Fill[] {
  return read(fillsSchema, json);
}

const wireTime = z.union([instant, z.date().transform((date) => date.getTime())]);

const updateSchema = z.object({
  event: text,
  order: z.unknown(),
  execution_id: optional(text),
  price: optional(amount),
  qty: optional(amount),
  timestamp: optional(wireTime),
  at: optional(wireTime),
});

/**
 * One message of the trade-updates stream.
 * @param receivedAt used when the message has no timestamp, milliseconds since the epoch.
 * @throws UnreadableAnswer
 */
export function toOrderUpdate(message: unknown, receivedAt: number): OrderUpdate {
  const wire = read(updateSchema, message);
  return {
    event: wire.event,
    order: toOrder(wire.order),
    executionId: wire.execution_id,
    price: wire.price,
    quantity: wire.qty,
    at: wire.timestamp ?? wire.at ?? receivedAt,
  };
}

/** The order in the answer to a POST, or `undefined` when none is readable. */
export function toOrderOrNothing(json: unknown): Order | undefined {
  try {
    return toOrder(json);
  } catch (error) {
    if (error instanceof UnreadableAnswer) return undefined;
    throw error;
  }
}
