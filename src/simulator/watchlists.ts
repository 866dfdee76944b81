import type { ExchangeState, Watchlist } from "./account-state.ts";
import { accountId, assetView } from "./account-view.ts";
import { symbolNamed } from "./admission.ts";
import type { Exchange } from "./exchange.ts";
import { given } from "./order-fields.ts";
import { canonicalId } from "./parameters.ts";
import { uuidFor } from "./random.ts";
import { malformed, notFound } from "./refusals.ts";
import { stampOf } from "./timestamps.ts";
import { type Answer, ok, pathRest, type RouteRequest } from "./wire.ts";

type Body = RouteRequest["body"];

const LONGEST_NAME = 64;

/** `/v2/watchlists`, by id or by name; `undefined` for another path. @throws Refusal */
export function watchlistRoute(exchange: Exchange, { method, path, query, body }: RouteRequest): Answer | undefined {
  const { watchlists } = exchange.state;
  if (path === "/v2/watchlists") {
    if (method === "GET") return ok([...watchlists.values()].map((list) => headOf(exchange.state, list)));
    return method === "POST" ? ok(keep(exchange, created(exchange, body))) : undefined;
  }
  if (path === "/v2/watchlists:by_name") {
    const name = query.get("name") ?? "";
    return listRoute(exchange, existing([...watchlists.values()].find((list) => list.name === name)), method, body);
  }
  const [id = "", symbol] = pathRest(path, "/v2/watchlists/")?.split("/") ?? [];
  if (id === "") return undefined;
  const list = existing(watchlists.get(canonicalId(id)));
  if (symbol === undefined) return listRoute(exchange, list, method, body);
  return method === "DELETE" ? ok(keep(exchange, without(exchange.state, list, symbol))) : undefined;
}

function listRoute(exchange: Exchange, list: Watchlist, method: string, body: Body): Answer | undefined {
  const { state } = exchange;
  switch (method) {
    case "GET":
      return ok(viewOf(state, list));
    case "POST":
      return ok(keep(exchange, { ...list, assetIds: [...new Set([...list.assetIds, assetIdOf(state, body.symbol)])] }));
    case "PUT":
      return ok(keep(exchange, { ...list, name: nameIn(state, body, list), assetIds: assetIdsIn(state, body) ?? list.assetIds }));
    case "DELETE":
      exchange.dropWatchlist(list.id);
      return { status: 204, body: undefined };
    default:
      return undefined;
  }
}

function created({ clock, state }: Exchange, body: Body): Watchlist {
  const name = nameIn(state, body);
  const createdAt = stampOf(clock.now(), state.watchlists.size);
  const id = uuidFor(`watchlist ${state.accountNumber} ${name} ${createdAt}`);
  return { id, name, createdAt, updatedAt: createdAt, assetIds: assetIdsIn(state, body) ?? [] };
}

function without(state: ExchangeState, list: Watchlist, symbol: string): Watchlist {
  const assetId = assetIdOf(state, symbol);
  if (!list.assetIds.includes(assetId)) throw notFound(`asset not found: ${symbol}`);
  return { ...list, assetIds: list.assetIds.filter((each) => each !== assetId) };
}

function keep(exchange: Exchange, list: Watchlist): Record<string, unknown> {
  const kept = { ...list, updatedAt: stampOf(exchange.clock.now(), 0) };
  exchange.keepWatchlist(kept);
  return viewOf(exchange.state, kept);
}

function existing(list: Watchlist | undefined): Watchlist {
  if (list === undefined) throw notFound("watchlist not found");
  return list;
}

/** @param own the list to rename, which keeps its name when none is given. */
function nameIn({ watchlists }: ExchangeState, body: Body, own?: Watchlist): string {
  const name = given(body.name) ?? own?.name;
  if (typeof name !== "string") throw malformed("watchlist name is required");
  if (name.length > LONGEST_NAME) throw malformed(`watchlist name must be no more than ${String(LONGEST_NAME)} characters`);
  if ([...watchlists.values()].some((list) => list.name === name && list.id !== own?.id)) throw malformed("watchlist name must be unique");
  return name;
}

/** Each asset once, in the order given; `undefined` when no list is given. */
function assetIdsIn(state: ExchangeState, { symbols }: Body): readonly string[] | undefined {
  const asked = given(symbols);
  if (asked === undefined) return undefined;
  if (!Array.isArray(asked)) throw malformed("symbols must be a list");
  const named = (asked as readonly unknown[]).filter((symbol) => given(symbol) !== undefined);
  return [...new Set(named.map((symbol) => assetIdOf(state, symbol)))];
}

function assetIdOf(state: ExchangeState, symbol: unknown): string {
  const text = typeof symbol === "string" ? symbol : "";
  const asset = state.assets.get(symbolNamed(state, text));
  if (asset === undefined) throw malformed(`asset not found: ${text}`);
  return asset.id;
}

function headOf(state: ExchangeState, { createdAt, id, name, updatedAt }: Watchlist): Record<string, unknown> {
  return { id, account_id: accountId(state), created_at: createdAt, updated_at: updatedAt, name };
}

function viewOf(state: ExchangeState, list: Watchlist): Record<string, unknown> {
  const assets = new Map([...state.assets.values()].map((asset) => [asset.id, asset]));
  const own = list.assetIds.map((id) => assets.get(id)).filter((asset) => asset !== undefined);
  return { ...headOf(state, list), assets: own.map(assetView) };
}
