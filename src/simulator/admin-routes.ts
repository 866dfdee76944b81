import { parseDecimal, ZERO, toText } from "../domain/decimal.ts";
import { TraderError } from "../domain/errors.ts";
import { accountBody, assetView } from "./account-view.ts";
import type { Exchange } from "./exchange.ts";
import { faultMenu, faultNamed, type FaultSpec, parseFault } from "./faults.ts";
import type { FaultInjector } from "./faults/injector.ts";
import { malformed, notFound } from "./refusals.ts";
import { ok, pathRest, type Answer, type RouteRequest } from "./wire.ts";
import type { AssetRecord } from "./assets.ts";

type Body = RouteRequest["body"];

/** `/simulator/…`: controls for a person at the venue. Needs no keys: anyone who reaches the venue controls it. @throws Refusal */
export function adminRoute(exchange: Exchange, faults: FaultInjector, request: RouteRequest): Answer | undefined {
  const { method, path, body } = request;
  const action = pathRest(path, "/simulator/");
  switch (`${method} ${action ?? ""}`) {
    case "GET state":
      return ok(JSON.parse(exchange.serialize()));
    case "POST prices":
      setPrice(exchange, body);
      return ok({ symbol: body.symbol });
    case "POST bars":
      return ok({ bars: exchange.giveBars(body) });
    case "POST account":
      setAccount(exchange, body);
      return ok(accountBody(exchange.accountView()));
    case "POST transfers":
      exchange.transfer(amount(body, "amount"));
      return ok(accountBody(exchange.accountView()));
    case "POST assets":
      return ok(assetView(changeAsset(exchange, body)));
    case "POST corporate-actions":
      return ok(exchange.announce(body).view);
    case "POST splits":
      return ok(split(exchange, body));
    default:
      return faultRoute(faults, method, action ?? "", body);
  }
}

/** `faults`, and `faults/{id or name}` to remove one. */
function faultRoute(faults: FaultInjector, method: string, action: string, body: Body): Answer | undefined {
  const one = pathRest(action, "faults/");
  switch (`${method} ${one === undefined ? action : "fault"}`) {
    case "GET faults":
      return ok({ active: faults.reports(), menu: faultMenu() });
    case "POST faults":
      return ok(faults.add(requestedFault(body)));
    case "DELETE faults":
      faults.clear();
      return ok({ active: [] });
    case "DELETE fault":
      if (faults.remove(one ?? "") === 0) throw notFound(`no active fault ${one ?? ""}`);
      return ok({ active: faults.reports() });
    default:
      return undefined;
  }
}

/** `{fault: "slow-answer:ms=3000"}` as on the command line, or `{name: "slow-answer", ms: 3000}`. */
function requestedFault({ fault, name, ...parameters }: Body): FaultSpec {
  try {
    if (typeof fault === "string") return parseFault(fault);
    const values = Object.entries(parameters).map(([key, value]): [string, string] => [key, textOf(key, value)]);
    return faultNamed(typeof name === "string" ? name : "", Object.fromEntries(values));
  } catch (error) {
    if (error instanceof TraderError) throw malformed(error.message);
    throw error;
  }
}

function textOf(key: string, value: unknown): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw malformed(`${key} must be a string or a number`);
}

/** `{symbol, ratio}` with new shares for old ones, such as `2` or `"1:10"`; the quantity changes `book_after` seconds later. */
function split(exchange: Exchange, body: Body): Record<string, unknown> {
  const bookAfter = body.book_after === undefined ? 0 : Number(positive(body, "book_after")) * 1_000;
  const asked = [textOf("symbol", body.symbol), textOf("ratio", body.ratio)] as const;
  const { id, date, symbol, newRate, oldRate } = exchange.split(...asked, { bookAfter });
  return { id, symbol, date, new_rate: newRate.toFixed(), old_rate: oldRate.toFixed() };
}

/** `{symbol, price}`, `{symbol, bid, ask}`, or `{symbol, price: null}` to let the price move again. */
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
  const value = flagIn(body, key);
  return value === undefined ? {} : ({ [name]: value } as Record<Name, boolean>);
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

/**
 * `{symbol, status, tradable, fractionable, attributes, renamed_to}`: changes to an asset. A new ticker keeps the
 * id, the price and the holdings; the old ticker becomes unknown.
 * @throws Refusal
 */
export function changeAsset(exchange: Exchange, body: Body): AssetRecord {
  const symbol = textIn(body, "symbol") ?? "";
  const before = exchange.state.assets.get(symbol);
  if (before === undefined) throw notFound(`asset not found for ${symbol}`);
  const asset: AssetRecord = {
    ...before,
    status: statusIn(body) ?? before.status,
    tradable: flagIn(body, "tradable") ?? before.tradable,
    fractionable: flagIn(body, "fractionable") ?? before.fractionable,
    attributes: wordsIn(body, "attributes") ?? before.attributes ?? [],
  };
  exchange.setAsset(symbol, asset);
  const ticker = textIn(body, "renamed_to");
  return ticker === undefined ? asset : rename(exchange, asset, ticker);
}

function rename(exchange: Exchange, asset: AssetRecord, ticker: string): AssetRecord {
  const { assets, positions } = exchange.state;
  if (assets.has(ticker)) throw malformed(`renamed_to must be an unused ticker; ${ticker} exists`);
  const price = exchange.valueOf(asset.symbol);
  const renamed = { ...asset, symbol: ticker };
  assets.delete(asset.symbol);
  assets.set(ticker, renamed);
  const position = positions.get(asset.symbol);
  if (position !== undefined) positions.set(ticker, { ...position, symbol: ticker });
  positions.delete(asset.symbol);
  exchange.setPrice(ticker, toText(price));
  exchange.announce({ type: "name_change", old_symbol: asset.symbol, new_symbol: ticker });
  return renamed;
}

function textIn(body: Body, key: string): string | undefined {
  const value = body[key];
  if (value === undefined || (typeof value === "string" && value !== "")) return value;
  throw malformed(`${key} must be a string`);
}

function flagIn(body: Body, key: string): boolean | undefined {
  const value = body[key];
  if (value === undefined || typeof value === "boolean") return value;
  throw malformed(`${key} must be true or false`);
}

function statusIn(body: Body): AssetRecord["status"] | undefined {
  const value = textIn(body, "status");
  if (value === undefined || value === "active" || value === "inactive") return value;
  throw malformed("status must be active or inactive");
}

function wordsIn(body: Body, key: string): string[] | undefined {
  const value = body[key];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((word): word is string => typeof word === "string")) return value;
  throw malformed(`${key} must be a list of strings`);
}
