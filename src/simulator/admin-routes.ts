import { parseDecimal, ZERO } from "../portfolio/money.ts";
import type { Exchange } from "./exchange.ts";
import { malformed, notFound } from "./refusals.ts";
import { type Answer, ok, pathRest, type RouteRequest } from "./wire.ts";

type Body = RouteRequest["body"];

/** `/simulator/…`: what a person may do to the venue. Needs no keys, for it serves the loopback only. @throws Refusal */
export function adminRoute(exchange: Exchange, { method, path, body }: RouteRequest): Answer | undefined {
  const action = pathRest(path, "/simulator/");
  switch (`${method} ${action ?? ""}`) {
    case "GET state":
      return ok(JSON.parse(exchange.serialize()));
    case "POST prices":
      setPrice(exchange, body);
      return ok({ symbol: body.symbol });
    case "POST account":
      setAccount(exchange, body);
      return ok(exchange.accountView());
    case "POST transfers":
      exchange.transfer(amount(body, "amount"));
      return ok(exchange.accountView());
    default:
      return undefined;
  }
}

/** `{symbol, price}`, `{symbol, bid, ask}`, or `{symbol, price: null}` to let it move again. */
function setPrice(exchange: Exchange, body: Body): void {
  const symbol = body.symbol;
  if (typeof symbol !== "string" || !exchange.state.assets.has(symbol)) throw notFound(`asset not found for ${String(symbol)}`);
  if (body.price === null) exchange.releasePrice(symbol);
  else if (body.price !== undefined) exchange.setPrice(symbol, positive(body, "price"));
  if (body.bid !== undefined || body.ask !== undefined) exchange.setQuote(symbol, amount(body, "bid"), amount(body, "ask"));
}

function setAccount(exchange: Exchange, body: Body): void {
  const status = body.status;
  exchange.setFlags({
    ...(typeof status === "string" && { status }),
    ...flag(body, "blocked", "accountBlocked"),
    ...flag(body, "trading_blocked", "tradingBlocked"),
    ...flag(body, "transfers_blocked", "transfersBlocked"),
  });
  exchange.setSettings(flag(body, "trade_suspended", "suspendTrade"));
}

function flag<Name extends string>(body: Body, key: string, name: Name): Partial<Record<Name, boolean>> {
  const value = body[key];
  if (value === undefined) return {};
  if (typeof value !== "boolean") throw malformed(`${key} must be true or false`);
  return { [name]: value } as Record<Name, boolean>;
}

function positive(body: Body, key: string): string {
  const text = amount(body, key);
  if (parseDecimal(text)?.gt(ZERO) !== true) throw malformed(`${key} must be greater than 0`);
  return text;
}

function amount(body: Body, key: string): string {
  const value = body[key];
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || parseDecimal(text) === undefined) throw malformed(`${key} must be a number`);
  return text;
}
