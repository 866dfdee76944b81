import type { IntentRecord } from "../domain/ledger/orders.ts";
import { formatDollars, formatQuantity, formatShares } from "../domain/format.ts";
import { ZERO } from "../domain/decimal.ts";
import { formatPrice } from "./figures.ts";
import { oneLine, type Style, type Tint } from "./style.ts";

/** `SMR_BUY`: the name of an order in every view. */
export function orderName(order: Pick<IntentRecord, "symbol" | "side">): string {
  return `${order.symbol}_${order.side.toUpperCase()}`;
}

/** What was ordered: `810.38 shares`, `810.38 shares at 38.51 or better`, `$31,199.63`. */
function askedText(order: Pick<IntentRecord, "quantity" | "notional" | "limitPrice">): string {
  if (order.notional !== undefined) return formatDollars(order.notional);
  const shares = order.quantity === undefined ? "an unknown amount" : formatShares(order.quantity);
  return order.limitPrice === undefined ? shares : `${shares} at ${formatPrice(order.limitPrice)} or better`;
}

export interface OrderLineOptions {
  /** Of the name column, so that lines printed one by one still align. */
  readonly width: number;
  /** Why it was cancelled, refused or abandoned, if known. */
  readonly reason?: string | undefined;
  /** With the broker's id, which its own pages show. */
  readonly withId: boolean;
}

/** One order in one line: name, result, and on request the broker's id. */
export function orderLine(intent: IntentRecord, style: Style, { width, reason, withId }: OrderLineOptions): string {
  // The message of a sent order is about sending it, not about its end.
  const why = reason ?? (intent.state === "done" ? undefined : intent.message);
  const { tint, text } = endOf(intent, why === undefined ? undefined : oneLine(why));
  const id = intent.orderId === undefined || !withId ? "" : `  order ${intent.orderId}`;
  return `${style.mark(tint)}${orderName(intent).padEnd(width)}${style.paint(tint, text)}${style.paint("quiet", id)}`;
}

interface End {
  readonly tint: Tint;
  readonly text: string;
}

function endOf(intent: IntentRecord, why: string | undefined): End {
  const because = why === undefined ? "" : `: ${why}`;
  switch (intent.state) {
    case "done":
      return intent.status === "filled" ? { tint: "good", text: `filled ${fillText(intent)}` } : endedEarly(intent, because);
    case "open":
      return { tint: "accent", text: openText(intent) };
    case "refused":
      return { tint: "bad", text: `refused${because}` };
    case "abandoned":
      return { tint: "bad", text: `unknown whether it exists${because}` };
    case "posting":
    case "unknown":
      return { tint: "warn", text: `no reliable answer yet${because}` };
    case "recorded":
      return { tint: "quiet", text: `not sent yet, ${askedText(intent)}` };
    case "dropped":
      return { tint: "quiet", text: `${intent.postedAt === undefined ? "never sent" : "never taken"}${because}` };
  }
}

function endedEarly(intent: IntentRecord, because: string): End {
  const status = (intent.status ?? "ended").replaceAll("_", " ");
  // A limit order replaced by a newer one is not a failure: the next order trades the rest.
  const givenUp = intent.orderType === "limit" && intent.status === "canceled" && intent.cancelRequestedAt !== undefined;
  if (intent.filledQuantity.eq(ZERO)) return { tint: givenUp ? "quiet" : "bad", text: `${status}, nothing filled${because}` };
  return { tint: givenUp ? "quiet" : "warn", text: `partly filled ${fillText(intent)} of ${askedText(intent)}, then ${status}${because}` };
}

function openText(intent: IntentRecord): string {
  const status = (intent.status ?? "working").replaceAll("_", " ");
  return intent.filledQuantity.eq(ZERO) ? `${status}, ${askedText(intent)}` : `${status}, ${fillText(intent)} of ${askedText(intent)}`;
}

/** `810.38 @ 38.50  = $31,199.63`. */
function fillText(intent: IntentRecord): string {
  const quantity = formatQuantity(intent.filledQuantity);
  const price = intent.filledAveragePrice;
  if (price === undefined) return `${quantity} at a price not yet known`;
  return `${quantity} @ ${formatPrice(price)}  = ${formatDollars(intent.filledQuantity.times(price))}`;
}
