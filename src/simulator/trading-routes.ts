import { accountBody, assetView, settingsView } from "./account-view.ts";
import { listActivities } from "./activity-listing.ts";
import { symbolNamed } from "./admission.ts";
import { findAsset, listAssets } from "./asset-routes.ts";
import { calendarRoute } from "./calendar-routes.ts";
import type { Exchange } from "./exchange.ts";
import { listOrders } from "./listing.ts";
import { legsOf } from "./order-groups.ts";
import { orderView, type OrderRecord, type OrderView } from "./orders.ts";
import { flag, optional } from "./parameters.ts";
import type { PositionPart } from "./placing.ts";
import { Refusal } from "./refusals.ts";
import { portfolioHistory } from "./portfolio-history.ts";
import { changeSettings } from "./settings-route.ts";
import { watchlistRoute } from "./watchlists.ts";
import { type Answer, ok, pathRest, type RouteRequest, sortedKeys } from "./wire.ts";

/** Answers the trading part of the API; `undefined` for an unknown path. @throws Refusal */
export function tradingRoute(exchange: Exchange, request: RouteRequest): Answer | undefined {
  const { method, path, query } = request;
  switch (`${method} ${path}`) {
    case "GET /v2/account":
      return ok(accountBody(exchange.accountView()));
    case "GET /v2/account/configurations":
      return ok(settingsView(exchange.state));
    case "PATCH /v2/account/configurations":
      return changeSettings(exchange, request.body);
    case "GET /v2/account/activities":
      return ok(listActivities(exchange.state.activities, query));
    case "GET /v2/account/portfolio/history":
      return ok(portfolioHistory(exchange, query));
    case "GET /v2/assets":
      return ok(listAssets(exchange.state, query));
    case "GET /v2/positions":
      return ok(exchange.positionViews());
    case "DELETE /v2/positions":
      return closeAll(exchange, flag(query, "cancel_orders"));
    case "GET /v2/orders":
      return ok(listOrders(exchange.state.orders, query).map(({ order, legs }) => orderView(order, legs)));
    case "POST /v2/orders":
      return ok(withLegs(exchange, exchange.submit(request.body)));
    case "DELETE /v2/orders":
      return { status: 207, body: exchange.cancelAll().map(({ id }) => ({ id, status: 200 })) };
    case "GET /v2/orders:by_client_order_id":
      return ok(orderView(exchange.orderByClientId(query.get("client_order_id") ?? "")));
    default:
      return (
        watchlistRoute(exchange, request) ??
        calendarRoute(exchange, request) ??
        orderRoute(exchange, request) ??
        nameRoute(exchange, request)
      );
  }
}

function orderRoute(exchange: Exchange, { method, path, query, body }: RouteRequest): Answer | undefined {
  const id = pathRest(path, "/v2/orders/");
  if (id === undefined) return undefined;
  switch (method) {
    case "GET":
      return ok(flag(query, "nested") ? withLegs(exchange, exchange.order(id)) : orderView(exchange.order(id)));
    case "PATCH":
      return ok(withLegs(exchange, exchange.replace(id, body)));
    case "DELETE":
      exchange.cancel(id);
      return { status: 204, body: undefined };
    default:
      return undefined;
  }
}

function withLegs({ state }: Exchange, order: OrderRecord): OrderView {
  return orderView(order, legsOf(state, order));
}

function nameRoute(exchange: Exchange, { method, path, query }: RouteRequest): Answer | undefined {
  const activity = pathRest(path, "/v2/account/activities/");
  if (method === "GET" && activity !== undefined) return ok(listActivities(exchange.state.activities, query, activity));
  const asset = pathRest(path, "/v2/assets/");
  if (method === "GET" && asset !== undefined) return ok(assetView(findAsset(exchange.state, asset)));
  const name = pathRest(path, "/v2/positions/");
  if (name === undefined) return undefined;
  const symbol = symbolNamed(exchange.state, name);
  if (method === "GET") return ok(exchange.positionView(symbol));
  return method === "DELETE" ? ok(orderView(exchange.closePosition(symbol, partOf(query)))) : undefined;
}

function partOf(query: URLSearchParams): PositionPart {
  const quantity = optional(query, "qty", (text) => text);
  const percentage = optional(query, "percentage", (text) => text);
  return { ...(quantity !== undefined && { quantity }), ...(percentage !== undefined && { percentage }) };
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
