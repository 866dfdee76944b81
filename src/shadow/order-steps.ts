import type { Asset, MarketClock, MarketPrices, Order, OrderRequest, OrderUpdate, SubmitAnswer } from "../domain/broker.ts";
import { valueOf, type Book } from "./book.ts";
import type { Entry, EntryOf } from "./entry.ts";
import { fillAt, marketPrice } from "./fill-price.ts";
import { refusalOf, unknownAsset, unpriced } from "./refusal.ts";

/** The venue as an order finds it. */
export interface VenueFacts {
  readonly market: MarketClock;
  readonly asset: Asset | undefined;
  readonly prices: MarketPrices | undefined;
  /** Close of the session that the order is for. */
  readonly expiresAt: number;
}

/** Takes an order or refuses it. While the market is open it is filled at once if its price allows. */
export function place(request: OrderRequest, facts: VenueFacts, book: Book, write: (entry: Entry) => void): SubmitAnswer {
  const { clientOrderId, symbol, side, quantity, notional, limitPrice } = request;
  if (book.orders.has(clientOrderId)) return { kind: "exists", message: "client_order_id must be unique" };
  const { asset, market } = facts;
  if (asset === undefined) return unknownAsset(symbol);
  const price = marketPrice(side, facts.prices, market.timestamp);
  if (price === undefined) return unpriced(symbol);
  const refusal = refusalOf({ request, asset, price }, book);
  if (refusal !== undefined) return refusal;
  const order: EntryOf<"order"> = {
    ...{ kind: "order", at: market.timestamp, clientOrderId, symbol, assetId: asset.id, side },
    ...{ quantity, notional, limitPrice, reference: price, expiresAt: facts.expiresAt },
  };
  write(order);
  const step = stepOf(order, market, facts.prices, book);
  if (step !== undefined) write(step);
  return { kind: "accepted", order: book.order(clientOrderId) };
}

/** What the market does with an open order now; `undefined`: it rests. */
export function stepOf(
  order: EntryOf<"order">,
  { timestamp, isOpen }: Pick<MarketClock, "timestamp" | "isOpen">,
  prices: MarketPrices | undefined,
  book: Book,
): EntryOf<"fill" | "ended"> | undefined {
  const { clientOrderId, side, symbol, expiresAt } = order;
  const end = (status: EntryOf<"ended">["status"]): EntryOf<"ended"> => ({ kind: "ended", at: timestamp, clientOrderId, status });
  if (timestamp >= expiresAt) return end("expired");
  const price = isOpen ? marketPrice(side, prices, timestamp) : undefined;
  const fill = price === undefined ? undefined : fillAt(order, price);
  if (fill === undefined) return undefined;
  const held = book.holdings.get(symbol)?.quantity;
  // The market has moved since it was accepted.
  const isPossible = side === "buy" ? valueOf(fill.quantity, fill.price).lte(book.cash) : held?.gte(fill.quantity) === true;
  return isPossible ? { kind: "fill", at: timestamp, clientOrderId, ...fill } : end("rejected");
}

/** The order as the stream would report it. */
export function updateOf(order: Order): OrderUpdate {
  const isFill = order.status === "filled";
  return {
    event: isFill ? "fill" : order.status,
    order,
    executionId: isFill ? order.id : undefined,
    price: order.filledAveragePrice,
    quantity: isFill ? order.filledQuantity : undefined,
    at: order.updatedAt ?? order.createdAt,
  };
}
