import type { AccountSettings } from "./account-state.ts";
import { assetView, settingsView } from "./account-view.ts";
import { calendarRoute } from "./calendar-routes.ts";
import type { Exchange } from "./exchange.ts";
import { listActivities, listOf, listOrders } from "./listing.ts";
import { orderView } from "./orders.ts";
import { malformed, notFound, Refusal } from "./refusals.ts";
import { portfolioHistory } from "./portfolio-history.ts";
import { type Answer, ok, pathRest, type RouteRequest, sortedKeys } from "./wire.ts";

/** Answers the trading part of the API; `undefined` for an unknown path. @throws Refusal */
export function tradingRoute(exchange: Exchange, request: RouteRequest): Answer | undefined {
  const { method, path } = request;
  switch (`${method} ${path}`) {
    case "GET /v2/account":
      return ok(exchange.accountView());
    case "GET /v2/account/configurations":
      return ok(settingsView(exchange.state));
    case "PATCH /v2/account/configurations":
      return changeSettings(exchange, request);
    case "GET /v2/account/activities":
      return ok(listActivities(exchange.state.activities, request.query, listOf(request.query, "activity_types")));
    case "GET /v2/account/portfolio/history":
      return ok(portfolioHistory(exchange, request.query));
    case "GET /v2/assets":
      return ok(assets(exchange, request.query));
    case "GET /v2/positions":
      return ok(exchange.positionViews());
    case "DELETE /v2/positions":
      return closeAll(exchange, request.query.get("cancel_orders") === "true");
    case "GET /v2/orders":
      return ok(listOrders(exchange.state.orders.values(), request.query).map(orderView));
    case "POST /v2/orders":
      return ok(orderView(exchange.submit(request.body)));
    case "DELETE /v2/orders":
      return { status: 207, body: exchange.cancelAll().map(({ id }) => ({ id, status: 200 })) };
    case "GET /v2/orders:by_client_order_id":
      return ok(orderView(exchange.orderByClientId(request.query.get("client_order_id") ?? "")));
    default:
      return calendarRoute(exchange, request) ?? orderRoute(exchange, request) ?? nameRoute(exchange, request);
  }
}

function orderRoute(exchange: Exchange, { method, path, body }: RouteRequest): Answer | undefined {
  const id = pathRest(path, "/v2/orders/");
  if (id === undefined) return undefined;
  switch (method) {
    case "GET":
      return ok(orderView(exchange.order(id)));
    case "PATCH":
      return ok(orderView(exchange.replace(id, body)));
    case "DELETE":
      exchange.cancel(id);
      return { status: 204, body: undefined };
    default:
      return undefined;
  }
}

function nameRoute(exchange: Exchange, { method, path, query }: RouteRequest): Answer | undefined {
  const activity = pathRest(path, "/v2/account/activities/");
  if (method === "GET" && activity !== undefined) return ok(listActivities(exchange.state.activities, query, [activity]));
  const asset = pathRest(path, "/v2/assets/");
  if (method === "GET" && asset !== undefined) return ok(assetView(findAsset(exchange, asset)));
  const name = pathRest(path, "/v2/positions/");
  if (name === undefined) return undefined;
  const symbol = exchange.state.assets.has(name) ? name : (symbolOf(exchange, name) ?? name);
  if (method === "GET") return ok(exchange.positionView(symbol));
  return method === "DELETE" ? ok(orderView(exchange.closePosition(symbol, partOf(query)))) : undefined;
}

function partOf(query: URLSearchParams): { quantity?: string; percentage?: string } {
  const quantity = query.get("qty");
  const percentage = query.get("percentage");
  return { ...(quantity !== null && { quantity }), ...(percentage !== null && { percentage }) };
}

function closeAll(exchange: Exchange, cancelOrders: boolean): Answer {
  const body = exchange
    .closeAllPositions(cancelOrders)
    .map(({ symbol, answer }) =>
      answer instanceof Refusal
        ? { symbol, status: answer.status, body: sortedKeys(answer.body) }
        : { symbol, status: 200, body: orderView(answer) },
    );
  return { status: 207, body };
}

function findAsset(exchange: Exchange, symbolOrId: string): Parameters<typeof assetView>[0] {
  const asset = exchange.state.assets.get(symbolOrId) ?? exchange.state.assets.get(symbolOf(exchange, symbolOrId) ?? "");
  if (asset === undefined) throw notFound(`asset not found for ${symbolOrId}`);
  return asset;
}

function symbolOf(exchange: Exchange, assetId: string): string | undefined {
  return [...exchange.state.assets.values()].find(({ id }) => id === assetId)?.symbol;
}

function assets(exchange: Exchange, query: URLSearchParams): Record<string, unknown>[] {
  const wanted = (name: string, value: string): boolean => [null, "", value].includes(query.get(name));
  if (!wanted("asset_class", "us_equity")) return [];
  return [...exchange.state.assets.values()]
    .filter(({ status, exchange: listedAt }) => wanted("status", status) && wanted("exchange", listedAt))
    .map(assetView);
}

function changeSettings(exchange: Exchange, { body }: RouteRequest): Answer {
  const { settings } = exchange.state;
  const change: AccountSettings = {
    suspendTrade: flag(body, "suspend_trade", settings.suspendTrade),
    noShorting: flag(body, "no_shorting", settings.noShorting),
    fractionalTrading: flag(body, "fractional_trading", settings.fractionalTrading),
    disableOvernightTrading: flag(body, "disable_overnight_trading", settings.disableOvernightTrading),
    maxMarginMultiplier: multiplier(body.max_margin_multiplier, settings.maxMarginMultiplier),
    ptpNoExceptionEntry: flag(body, "ptp_no_exception_entry", settings.ptpNoExceptionEntry ?? false),
    tradeConfirmEmail: body.trade_confirm_email === "none" ? "none" : settings.tradeConfirmEmail,
  };
  exchange.setSettings(change);
  return ok(settingsView(exchange.state));
}

function flag(body: RouteRequest["body"], name: string, current: boolean): boolean {
  const value = body[name] ?? current;
  if (typeof value !== "boolean") throw malformed(`${name} must be true or false`);
  return value;
}

function multiplier(value: unknown, current: AccountSettings["maxMarginMultiplier"]): AccountSettings["maxMarginMultiplier"] {
  if (value === undefined) return current;
  if (value !== "1" && value !== "2" && value !== "4") throw malformed('max_margin_multiplier must be "1", "2" or "4"');
  return value;
}
