import type { VenueRequest, VenueResponse } from "../wire.ts";
import { parameter, ANY_SYMBOL, type FaultParameter, type FaultSettings } from "./kind.ts";

const KINDS_OF_REQUEST = ["orders", "cancels", "lookups", "reads", "data", "all"] as const;

export const ON_ORDERS: readonly FaultParameter[] = [parameter("on", KINDS_OF_REQUEST, "orders"), ANY_SYMBOL];
export const ON_ALL: readonly FaultParameter[] = [parameter("on", KINDS_OF_REQUEST, "all"), ANY_SYMBOL];

/** An order as its request states it; nothing is known of an unreadable body. */
export interface PostedOrder {
  readonly symbol: string;
  readonly side: string;
}

export function pathOf({ url }: VenueRequest): string {
  return url.split("?")[0] ?? "";
}

export function queryOf({ url }: VenueRequest): URLSearchParams {
  return new URLSearchParams(url.split("?")[1] ?? "");
}

export function isRead(request: VenueRequest, path: string): boolean {
  return request.method === "GET" && pathOf(request) === path;
}

/** `undefined` for any other request, and for an unreadable order. */
export function postedOrder(request: VenueRequest): PostedOrder | undefined {
  if (!isOrder(request)) return undefined;
  try {
    const { symbol, side } = JSON.parse(request.body) as Partial<Record<"symbol" | "side", unknown>>;
    return typeof symbol === "string" && typeof side === "string" ? { symbol, side } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a request is of the kind `on` and about the settings' `symbol`. */
export function concerns(settings: FaultSettings, request: VenueRequest): boolean {
  if (!isOfKind(settings.text("on") as (typeof KINDS_OF_REQUEST)[number], request)) return false;
  const symbol = settings.text("symbol");
  return symbol === "any" || postedOrder(request)?.symbol === symbol || pathOf(request).split("/").includes(symbol);
}

export function isAccepted({ status }: VenueResponse): boolean {
  return status >= 200 && status < 300;
}

/** An answer with a JSON body, or with plain text. */
export function reply(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): VenueResponse {
  const json = typeof body !== "string";
  return {
    status,
    headers: { "content-type": json ? "application/json; charset=UTF-8" : "text/html", ...headers },
    body: json ? JSON.stringify(body) : body,
  };
}

function isOrder(request: VenueRequest): boolean {
  return request.method === "POST" && pathOf(request) === "/v2/orders";
}

function isOfKind(kind: (typeof KINDS_OF_REQUEST)[number], request: VenueRequest): boolean {
  const path = pathOf(request);
  switch (kind) {
    case "orders":
      return isOrder(request);
    case "cancels":
      return request.method === "DELETE" && path.startsWith("/v2/orders");
    case "lookups":
      return request.method === "GET" && (path === "/v2/orders:by_client_order_id" || path.startsWith("/v2/orders/"));
    case "reads":
      return request.method === "GET";
    case "data":
      return path.startsWith("/v2/stocks/") || path.startsWith("/v1/");
    case "all":
      return true;
  }
}
