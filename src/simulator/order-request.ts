import { CENT_DECIMALS, ONE, parseDecimal, SHARE_DECIMALS, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import type { OrderRequest, OrderType, Side, TimeInForce } from "./orders.ts";
import { malformed, unprocessable } from "./refusals.ts";

const LONGEST_CLIENT_ORDER_ID = 128;
const TYPES: readonly OrderType[] = ["market", "limit", "stop", "stop_limit"];
const KNOWN_UNSUPPORTED_TIMES = ["ioc", "fok", "cls"];

/**
 * Reads the body of `POST /v2/orders`. More than nine decimals of a quantity are cut off silently.
 * @throws Refusal with the venue's own wording.
 */
export function readOrderRequest(body: Readonly<Record<string, unknown>>): OrderRequest {
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

export function isFractional(request: Pick<OrderRequest, "quantity" | "notional">): boolean {
  return request.notional !== undefined || !isWhole(request.quantity ?? ZERO);
}

export function isWhole(quantity: Decimal): boolean {
  return truncate(quantity, 0).eq(quantity);
}

/** @throws Refusal when it is too long or not a string; an empty one counts as absent. */
export function readClientOrderId(value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw malformed("client_order_id must be a string");
  if (value.length > LONGEST_CLIENT_ORDER_ID)
    throw malformed(`client_order_id must be no more than ${String(LONGEST_CLIENT_ORDER_ID)} characters`);
  return value;
}

/** @throws Refusal when a limit or stop price is finer than the venue quotes. */
function checkTick(price: Decimal, field: string): Decimal {
  const places = price.gte(ONE) ? 2 : 4;
  if (truncate(price, places).eq(price)) return price;
  throw unprocessable(`invalid ${field} ${price.toFixed()}. sub-penny increment does not fulfill minimum pricing criteria`);
}

/** Accepts numbers as well as strings, as the venue does. */
function readAmount(value: unknown, field: string): Decimal | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const amount = parseDecimal(typeof value === "number" ? String(value) : value);
  if (amount === undefined) throw malformed(`${field} must be a number`);
  if (amount.lte(ZERO)) throw unprocessable(`${field} must be greater than 0`);
  return amount;
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
  if (time === "opg") throw unprocessable("opg orders must be submitted after 7:00pm and before 9:28am");
  throw unprocessable(
    KNOWN_UNSUPPORTED_TIMES.includes(time) ? `time_in_force ${time} is not enabled for this account` : "invalid time_in_force",
  );
}

function readSize(body: Readonly<Record<string, unknown>>): Pick<OrderRequest, "quantity" | "notional"> {
  const asked = readAmount(body.qty, "qty");
  const notional = readAmount(body.notional, "notional");
  if (asked === undefined && notional === undefined) throw malformed("qty or notional is required");
  if (asked !== undefined && notional !== undefined) throw malformed("only one of qty or notional is accepted");
  if (notional !== undefined && !truncate(notional, CENT_DECIMALS).eq(notional))
    throw unprocessable("notional value must be limited to 2 decimal places");
  const quantity = asked === undefined ? undefined : truncate(asked, SHARE_DECIMALS);
  if (quantity?.eq(ZERO) === true) throw unprocessable("qty must be greater than 0");
  return { quantity, notional };
}

function readPrices(body: Readonly<Record<string, unknown>>, type: OrderType): Pick<OrderRequest, "limitPrice" | "stopPrice"> {
  const price = (field: string, wanted: boolean): Decimal | undefined => {
    const value = readAmount(body[field], field);
    if (wanted && value === undefined) throw malformed(`${type} orders require ${field}`);
    if (!wanted && value !== undefined) throw malformed(`${type} orders require no ${field}`);
    return value === undefined ? undefined : checkTick(value, field);
  };
  return {
    limitPrice: price("limit_price", type === "limit" || type === "stop_limit"),
    stopPrice: price("stop_price", type === "stop" || type === "stop_limit"),
  };
}

function refuseUnsupported(body: Readonly<Record<string, unknown>>, type: OrderType): void {
  const orderClass = body.order_class ?? "";
  if (orderClass !== "" && orderClass !== "simple") {
    const size = parseDecimal(typeof body.qty === "number" ? String(body.qty) : body.qty);
    const fractional = body.notional !== undefined || (size !== undefined && !isWhole(size));
    throw unprocessable(fractional ? "fractional orders must be simple orders" : "only simple orders are supported here");
  }
  if (body.extended_hours === true) {
    throw type === "limit"
      ? unprocessable("extended hours orders are not supported here")
      : malformed('only type="limit" is allowed for extended hours orders');
  }
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
