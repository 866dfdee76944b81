import { decimal, toText, type Decimal } from "../domain/decimal.ts";
import { given, isFractional, type OrderBody, readAmount } from "./order-fields.ts";
import { checkTick } from "./order-request.ts";
import type { LinkedClass, OrderRequest, Side } from "./orders.ts";
import { malformed, type Refusal, unprocessable } from "./refusals.ts";

const LINKED: readonly LinkedClass[] = ["bracket", "oto", "oco"];
const CENT = decimal("0.01");

/** The exits requested with an order: a take-profit, a stop-loss, or both. */
export interface Exits {
  readonly takeProfit: Decimal | undefined;
  readonly stopLoss: { readonly stopPrice: Decimal; readonly limitPrice: Decimal | undefined } | undefined;
}

/** The class of linked orders that is requested; `undefined` for a simple order. @throws Refusal for an unknown word. */
export function readClass({ order_class: value }: OrderBody): LinkedClass | undefined {
  const asked = given(value) ?? "simple";
  if (asked === "simple") return undefined;
  const known = LINKED.find((name) => name === asked);
  if (known === undefined) throw malformed("invalid order_class");
  return known;
}

/**
 * The body with the price of its first order: an OCO order is its own take-profit, whatever limit price it repeats.
 * @throws Refusal
 */
export function firstOrderOf(body: OrderBody, orderClass: LinkedClass | undefined): OrderBody {
  if (orderClass !== "oco") return body;
  if (body.type !== "limit") throw malformed("oco orders must be limit orders");
  return { ...body, limit_price: fieldOf(body.take_profit, "take_profit").limit_price ?? body.limit_price };
}

/** Reads and checks the exits of a linked order by themselves. @throws Refusal in Alpaca's words where they are known. */
export function readExits(body: OrderBody, request: OrderRequest, orderClass: LinkedClass): Exits {
  if (isFractional(request)) throw unprocessable("fractional orders must be simple orders");
  if (request.type !== "market" && request.type !== "limit") throw malformed(`${orderClass} orders must be market or limit orders`);
  if (request.extendedHours === true) throw unprocessable("extended hours orders must be simple orders");
  if (request.timeInForce !== "day" && request.timeInForce !== "gtc") throw unprocessable(`${orderClass} orders must be DAY or GTC orders`);
  const profit = readPrice(fieldOf(body.take_profit, "take_profit").limit_price, "take_profit.limit_price");
  const loss = fieldOf(body.stop_loss, "stop_loss");
  const stopPrice = readPrice(loss.stop_price, "stop_loss.stop_price");
  const limitPrice = readPrice(loss.limit_price, "stop_loss.limit_price");
  const takeProfit = orderClass === "oco" ? request.limitPrice : profit;
  checkComplete(orderClass, takeProfit, stopPrice);
  return { takeProfit, stopLoss: stopPrice === undefined ? undefined : { stopPrice, limitPrice } };
}

function checkComplete(orderClass: LinkedClass, takeProfit: Decimal | undefined, stopPrice: Decimal | undefined): void {
  if (orderClass === "oto") {
    if ((takeProfit === undefined) === (stopPrice === undefined)) throw malformed("oto orders require either take_profit or stop_loss");
    return;
  }
  if (takeProfit === undefined) throw malformed(`${orderClass} orders require take_profit.limit_price`);
  if (stopPrice === undefined) throw malformed(`${orderClass} orders require stop_loss.stop_price`);
}

/** What the prices of exits are held against. */
export interface BasePrices {
  /** The limit price of the entry, or of the take-profit of an OCO order; `undefined` for an entry at the market. */
  readonly limit: Decimal | undefined;
  readonly market: Decimal;
}

/** On which side of a base price an exit must be, and Alpaca's words for it. */
interface PriceSide {
  readonly words: string;
  readonly holds: (price: Decimal, base: Decimal) => boolean;
}

const ABOVE: PriceSide = { words: ">= base_price + 0.01", holds: (price, base) => price.gte(base.plus(CENT)) };
const BELOW: PriceSide = { words: "<= base_price - 0.01", holds: (price, base) => price.lte(base.minus(CENT)) };

/**
 * Refuses exits on the wrong side of each other, of the entry or of the market. The take-profit of an OCO order may
 * be anywhere, for it is an order like any other.
 * @param side of the exits: a sell takes its profit above, and its loss below.
 * @throws Refusal with the price that the exits were held against.
 */
export function checkExits({ takeProfit, stopLoss }: Exits, side: Side, base: BasePrices, orderClass: LinkedClass): void {
  const [profitable, lossy] = side === "sell" ? [ABOVE, BELOW] : [BELOW, ABOVE];
  const entry = base.limit ?? base.market;
  const stop = stopLoss?.stopPrice;
  if (takeProfit !== undefined && stop !== undefined && !(side === "sell" ? takeProfit.gt(stop) : takeProfit.lt(stop)))
    throw unprocessable(`take_profit.limit_price must be ${side === "sell" ? ">" : "<"} stop_loss.stop_price`);
  if (takeProfit !== undefined && orderClass !== "oco" && !profitable.holds(takeProfit, entry))
    throw offBase(`take_profit.limit_price must be ${profitable.words}`, entry);
  const wrong = [entry, base.market].find((price) => stop !== undefined && !lossy.holds(stop, price));
  if (wrong !== undefined) throw offBase(`stop_loss.stop_price must be ${lossy.words}`, wrong);
}

function offBase(message: string, basePrice: Decimal): Refusal {
  return unprocessable(message, { base_price: toText(basePrice) });
}

function readPrice(value: unknown, field: string): Decimal | undefined {
  return checkTick(readAmount(value, field), field);
}

function fieldOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const field = given(value) ?? {};
  if (typeof field !== "object" || Array.isArray(field)) throw malformed(`${name} must be an object`);
  return field as Readonly<Record<string, unknown>>;
}
