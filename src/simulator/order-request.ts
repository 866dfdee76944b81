import { CENT_DECIMALS, ONE, SHARE_DECIMALS, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import { given, isFractional, type OrderBody, readAmount } from "./order-fields.ts";
import type { OrderRequest, OrderType, Side, TimeInForce } from "./orders.ts";
import { malformed, unprocessable } from "./refusals.ts";
import { refuseUnsupported } from "./unsupported-order.ts";

const LONGEST_CLIENT_ORDER_ID = 128;
const TYPES: readonly OrderType[] = ["market", "limit", "stop", "stop_limit"];
const KNOWN_UNSUPPORTED_TIMES = ["ioc", "fok", "opg", "cls"];
/** The prices that each type takes, and Alpaca's words when one is missing or too many. */
const PRICES = {
  market: { limit: false, stop: false, missing: "", extra: "market orders require no stop or limit price" },
  limit: { limit: true, stop: false, missing: "limit orders require a limit price", extra: "limit orders require only limit price" },
  stop: { limit: false, stop: true, missing: "stop orders require a stop price", extra: "stop orders require only stop price" },
  stop_limit: { limit: true, stop: true, missing: "stop limit orders require both stop and limit price", extra: "" },
} as const;

/**
 * Reads the body of `POST /v2/orders`. More than nine decimals of a quantity are cut off silently.
 * @throws Refusal with the venue's own wording.
 */
export function readOrderRequest(body: OrderBody): OrderRequest {
  const type = readType(body.type);
  refuseUnsupported(body, type);
  const request = {
    clientOrderId: readClientOrderId(body.client_order_id),
    symbol: readText(body.symbol, "symbol"),
    side: readSide(body.side),
    type,
    timeInForce: readTimeInForce(body.time_in_force),
    ...readSize(body),
    ...readPrices(body, type),
  };
  checkFractional(request);
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
function checkTick(price: Decimal | undefined, field: string): Decimal | undefined {
  if (price === undefined || truncate(price, price.gte(ONE) ? 2 : 4).eq(price)) return price;
  throw unprocessable(`invalid ${field} ${price.toFixed()}. sub-penny increment does not fulfill minimum pricing criteria`);
}

function readType(value: unknown): OrderType {
  const type = readText(value, "type");
  const known = TYPES.find((name) => name === type);
  if (known !== undefined) return known;
  throw malformed(type === "trailing_stop" ? "trailing_stop orders are not supported here" : `invalid order type ${type}`);
}

function readSide(value: unknown): Side {
  const side = readText(value, "side");
  if (side !== "buy" && side !== "sell") throw malformed(`invalid side ${side}`);
  return side;
}

function readTimeInForce(value: unknown): TimeInForce {
  const time = readText(value, "time_in_force");
  if (time === "day" || time === "gtc") return time;
  throw unprocessable(
    KNOWN_UNSUPPORTED_TIMES.includes(time) ? `time_in_force ${time} is not enabled for this account` : "invalid time_in_force",
  );
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
  if (request.timeInForce !== "day") throw unprocessable("fractional orders must be DAY orders");
  if (request.notional !== undefined && request.type !== "market") throw unprocessable("notional orders must be market orders");
}

function readText(value: unknown, field: string): string {
  if (typeof value !== "string" || value === "") throw malformed(`${field} is required`);
  return value;
}
