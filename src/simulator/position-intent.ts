import type { ExchangeState } from "./account-state.ts";
import { isClosing } from "./admission.ts";
import { given, type OrderBody } from "./order-fields.ts";
import type { OrderRequest, ShortIntent } from "./orders.ts";
import { malformed, unprocessable } from "./refusals.ts";

const INTENTS = ["buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close"] as const;

/**
 * What the order does to a short position; `undefined` for a buy that opens or a sell that closes a long one. In an
 * account without short sales every sell closes.
 */
export function shortIntentOf(state: ExchangeState, request: Pick<OrderRequest, "symbol" | "side">): ShortIntent | undefined {
  const closing = isClosing(state, request);
  if (request.side === "buy") return closing ? "buy_to_close" : undefined;
  return closing || state.settings.noShorting ? undefined : "sell_to_open";
}

/** @throws Refusal when a stated intent is unknown, or is not what the order does. */
export function checkIntent({ position_intent: value }: OrderBody, side: OrderRequest["side"], short: ShortIntent | undefined): void {
  const specified = given(value);
  if (specified === undefined) return;
  const intent = INTENTS.find((name) => name === specified);
  if (intent === undefined) throw malformed("invalid position_intent");
  const inferred = short ?? (side === "buy" ? "buy_to_open" : "sell_to_close");
  if (intent !== inferred) throw unprocessable(`position intent mismatch, inferred: ${inferred}, specified: ${intent}`);
}
