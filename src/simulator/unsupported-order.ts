import { parseDecimal } from "../domain/decimal.ts";
import { given, isWhole, type OrderBody } from "./order-fields.ts";
import type { OrderType } from "./orders.ts";
import { malformed, unprocessable } from "./refusals.ts";

const CLASSES = ["simple", "bracket", "oco", "oto", "mleg"];
const INTENTS = ["buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close"];

/**
 * Refuses what orders may ask for at Alpaca and not here. Legs of an order without a class are ignored, as Alpaca
 * ignores them.
 * @throws Refusal
 */
export function refuseUnsupported(body: OrderBody, type: OrderType): void {
  refuseClass(body);
  refuseExtendedHours(body, type);
  for (const field of ["trail_price", "trail_percent"])
    if (given(body[field]) !== undefined) throw malformed(`${type} orders require no ${field}`);
  if (given(body.legs) !== undefined) throw malformed("only mleg orders have legs");
  refuseInstructions(body);
  refuseIntent(body);
}

export function refuseInstructions(body: OrderBody): void {
  if (given(body.advanced_instructions) !== undefined) throw unprocessable("advanced instructions are not supported here");
}

function refuseClass(body: OrderBody): void {
  const orderClass = given(body.order_class) ?? "simple";
  if (orderClass === "simple") return;
  if (!CLASSES.some((name) => name === orderClass)) throw malformed("invalid order_class");
  const size = parseDecimal(typeof body.qty === "number" ? String(body.qty) : body.qty);
  const fractional = given(body.notional) !== undefined || (size !== undefined && !isWhole(size));
  throw unprocessable(fractional ? "fractional orders must be simple orders" : "only simple orders are supported here");
}

function refuseExtendedHours({ extended_hours: asked }: OrderBody, type: OrderType): void {
  if (given(asked) === undefined || asked === false) return;
  if (asked !== true) throw malformed("extended_hours must be true or false");
  throw unprocessable(
    type === "limit" ? "extended hours orders are not supported here" : "extended hours order must be DAY or GTC limit orders",
  );
}

/** A buy opens and a sell closes, because nothing is sold short here. */
function refuseIntent({ position_intent, side }: OrderBody): void {
  const specified = given(position_intent);
  if (specified === undefined) return;
  const intent = INTENTS.find((name) => name === specified);
  if (intent === undefined) throw malformed("invalid position_intent");
  const inferred = side === "buy" ? "buy_to_open" : "sell_to_close";
  if (intent !== inferred) throw unprocessable(`position intent mismatch, inferred: ${inferred}, specified: ${intent}`);
}
