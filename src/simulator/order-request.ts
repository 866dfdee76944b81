import { CENT_DECIMALS, decimal, ONE, SHARE_DECIMALS, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import { given, isFractional, type OrderBody, readAmount } from "./order-fields.ts";
import type { OrderRequest, OrderType, Side, TimeInForce } from "./orders.ts";
import { malformed, unprocessable } from "./refusals.ts";

const LONGEST_CLIENT_ORDER_ID = 128;
const TYPES: readonly OrderType[] = ["market", "limit", "stop", "stop_limit", "trailing_stop"];
const TIMES: readonly TimeInForce[] = ["day", "gtc", "ioc", "fok", "opg", "cls"];
/** Percent. */
const SMALLEST_TRAIL = decimal("0.1");
/** The prices that each type takes, and Alpaca's words when one is missing or too many. */
const PRICES = {
  market: { limit: false, stop: false, missing: "", extra: "market orders require no stop or limit price" },
  limit: { limit: true, stop: false, missing: "limit orders require a limit price", extra: "limit orders require only limit price" },
  stop: { limit: false, stop: true, missing: "stop orders require a stop price", extra: "stop orders require only stop price" },
  stop_limit: { limit: true, stop: true, missing: "stop limit orders require both stop and limit price", extra: "" },
  trailing_stop: { limit: false, stop: false, missing: "", extra: "trailing stop orders require no stop or limit price" },
} as const;

/**
 * Reads the body of `POST /v2/orders`. More than nine decimals of a quantity are cut off silently.
 * @throws Refusal with the venue's own wording.
 */
export function readOrderRequest(body: OrderBody): OrderRequest {
  const type = readType(body.type);
  const request = {
    clientOrderId: readClientOrderId(body.client_order_id),
    symbol: readText(body.symbol, "symbol"),
    side: readSide(body.side),
    type,
    timeInForce: readTimeInForce(body.time_in_force),
    ...readSize(body),
    ...readPrices(body, type),
    ...readTrail(body, type),
    extendedHours: readExtendedHours(body.extended_hours),
  };
  checkFractional(request);
  checkTimeInForce(request);
  return request;
}

/** @throws Refusal when it is too long or not a string; an empty one counts as absent. */
export function readClientOrderId(text: unknown): string | undefined {
  const value = given(text);
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw malformed("client_order_id must be a string");
  if (value.length > LONGEST_CLIENT_ORDER_ID)
    throw malformed(`client_order_id must be no more than ${String(LONGEST_CLIENT_ORDER_ID)} characters`);
  return value;
}

/** @throws Refusal when a limit or stop price is finer than the venue quotes. */
export function checkTick(price: Decimal | undefined, field: string): Decimal | undefined {
  if (price === undefined || truncate(price, price.gte(ONE) ? 2 : 4).eq(price)) return price;
  throw unprocessable(`invalid ${field} ${price.toFixed()}. sub-penny increment does not fulfill minimum pricing criteria`);
}

function readType(value: unknown): OrderType {
  const type = readText(value, "type");
  const known = TYPES.find((name) => name === type);
  if (known !== undefined) return known;
  throw malformed(`invalid order type ${type}`);
}

function readSide(value: unknown): Side {
  const side = readText(value, "side");
  if (side !== "buy" && side !== "sell") throw malformed(`invalid side ${side}`);
  return side;
}

function readTimeInForce(value: unknown): TimeInForce {
  const time = readText(value, "time_in_force");
  const known = TIMES.find((name) => name === time);
  if (known === undefined) throw unprocessable("invalid time_in_force");
  return known;
}

function readExtendedHours(value: unknown): boolean {
  const asked = given(value) ?? false;
  if (typeof asked !== "boolean") throw malformed("extended_hours must be true or false");
  return asked;
}

/** The distance of a trailing stop; any other order has none. */
function readTrail(body: OrderBody, type: OrderType): Pick<OrderRequest, "trailPrice" | "trailPercent"> {
  const trailPrice = readAmount(body.trail_price, "trail_price");
  const trailPercent = readAmount(body.trail_percent, "trail_percent");
  if (type !== "trailing_stop") {
    const extra = trailPrice === undefined ? "trail_percent" : "trail_price";
    if (trailPrice !== undefined || trailPercent !== undefined) throw malformed(`${type} orders must not have ${extra}`);
    return {};
  }
  if ((trailPrice === undefined) === (trailPercent === undefined))
    throw malformed("trailing stop orders must specify one of trail_price or trail_percent");
  if (trailPercent?.lt(SMALLEST_TRAIL) === true) throw malformed("trail_percent must be greater than or equal to 0.1");
  return { trailPrice: checkTick(trailPrice, "trail_price"), trailPercent };
}

function readSize(body: OrderBody): Pick<OrderRequest, "quantity" | "notional"> {
  const asked = readAmount(body.qty, "qty");
  const notional = readAmount(body.notional, "notional");
  if (asked === undefined && notional === undefined) throw malformed("qty or notional is required");
  if (asked !== undefined && notional !== undefined) throw malformed("only one of qty or notional is accepted");
  if (notional !== undefined && !truncate(notional, CENT_DECIMALS).eq(notional))
    throw unprocessable("notional value must be limited to 2 decimal places");
  const quantity = asked === undefined ? undefined : truncate(asked, SHARE_DECIMALS);
  if (quantity?.eq(ZERO) === true) throw malformed("qty must be > 0");
  return { quantity, notional };
}

function readPrices(body: OrderBody, type: OrderType): Pick<OrderRequest, "limitPrice" | "stopPrice"> {
  const limitPrice = readAmount(body.limit_price, "limit_price");
  const stopPrice = readAmount(body.stop_price, "stop_price");
  const { limit, stop, missing, extra } = PRICES[type];
  if ((limit && limitPrice === undefined) || (stop && stopPrice === undefined)) throw malformed(missing);
  if ((!limit && limitPrice !== undefined) || (!stop && stopPrice !== undefined)) throw malformed(extra);
  return { limitPrice: checkTick(limitPrice, "limit_price"), stopPrice: checkTick(stopPrice, "stop_price") };
}

function checkFractional(request: OrderRequest): void {
  if (!isFractional(request)) return;
  if (request.type === "trailing_stop") throw unprocessable("fractional orders must be market, limit, stop, or stop_limit orders");
  if (request.timeInForce !== "day") throw unprocessable("fractional orders must be DAY orders");
  if (request.notional !== undefined && request.type !== "market") throw unprocessable("notional orders must be market orders");
}

/** Stops wait, so they live for a day or longer; only limit orders trade outside of the session. */
function checkTimeInForce({ extendedHours, timeInForce, type }: OrderRequest): void {
  const waits = timeInForce === "day" || timeInForce === "gtc";
  const isStop = type !== "market" && type !== "limit";
  if (extendedHours === true && isStop) throw unprocessable("stop orders are not eligible for extended hours trading");
  if (extendedHours === true && (type !== "limit" || !waits)) throw unprocessable("extended hours order must be DAY or GTC limit orders");
  if (isStop && !waits) throw unprocessable(`${timeInForce} orders must be market or limit orders`);
}

function readText(value: unknown, field: string): string {
  if (typeof value !== "string" || value === "") throw malformed(`${field} is required`);
  return value;
}
