import { toText } from "../domain/decimal.ts";
import type { AssetRecord } from "./assets.ts";
import type { Exchange } from "./exchange.ts";
import { malformed, notFound } from "./refusals.ts";
import type { RouteRequest } from "./wire.ts";

type Body = RouteRequest["body"];

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
