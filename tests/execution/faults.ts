import type { Interceptor, VenueRequest, VenueResponse } from "../../src/simulator/venue.ts";
import type { VirtualDesk } from "./virtual-desk.ts";

/** What an order's POST carries. */
export interface PostedOrder extends Record<string, unknown> {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly client_order_id: string;
}

export const isPost = ({ method, url }: VenueRequest): boolean => method === "POST" && url === "/v2/orders";
export const isCancel = ({ method }: VenueRequest): boolean => method === "DELETE";
export const isLookUp = ({ url }: VenueRequest): boolean => url.startsWith("/v2/orders:by_client_order_id");
export const isRead = ({ method, url }: VenueRequest, path: string): boolean => method === "GET" && url.split("?")[0] === path;
export const postedOrder = ({ body }: VenueRequest): PostedOrder => JSON.parse(body) as PostedOrder;

export function reply(status: number, body: unknown, headers: Record<string, string> = {}): VenueResponse {
  return {
    status,
    headers: { "content-type": "application/json; charset=UTF-8", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

export const TIMED_OUT = reply(504, { code: 50410000, message: "request timed out" });
export const UNAVAILABLE = reply(503, "<html>Service Unavailable</html>");
export const RESET: VenueResponse = { status: 200, headers: {}, body: "", cut: "connection" };
export const ORDER_NOT_FOUND = reply(404, { code: 40410000, message: "order not found" });
export const NO_BUYING_POWER = reply(403, {
  buying_power: "15",
  code: 40310000,
  cost_basis: "40000",
  message: "insufficient buying power",
});

/** The faults of several interceptors: the first answer in the venue's place counts, what comes after runs through all. */
export function both(...interceptors: Interceptor[]): Interceptor {
  return {
    before: async (request) => {
      for (const interceptor of interceptors) {
        const answer = await interceptor.before?.(request);
        if (answer !== undefined) return answer;
      }
      return undefined;
    },
    after: async (request, response) => {
      let answer = response;
      for (const interceptor of interceptors) answer = (await interceptor.after?.(request, answer)) ?? answer;
      return answer;
    },
  };
}

/** Spoils the first `times` POSTs of a symbol before the venue has seen them. */
export function beforePosts(symbol: string, times: number, answer: (request: VenueRequest) => VenueResponse | undefined): Interceptor {
  let left = times;
  return {
    before: (request) => {
      if (!isPost(request) || postedOrder(request).symbol !== symbol || left === 0) return Promise.resolve(undefined);
      left -= 1;
      return Promise.resolve(answer(request));
    },
  };
}

/** Spoils the first answer to a POST of a symbol, which the venue has accepted. */
export function afterFirstPost(
  symbol: string,
  answer: (response: VenueResponse, request: VenueRequest) => VenueResponse | Promise<VenueResponse>,
): Interceptor {
  let done = false;
  return {
    after: async (request, response) => {
      if (done || !isPost(request) || postedOrder(request).symbol !== symbol) return response;
      done = true;
      return answer(response, request);
    },
  };
}

/** Positions and account as they were `lagMs` ago, as Alpaca may show them after fills (R16). */
export function lagging(
  desk: VirtualDesk,
  lagMs: number,
  paths: readonly ("/v2/account" | "/v2/positions")[] = ["/v2/account", "/v2/positions"],
): Interceptor {
  const look = (at: number): { at: number; "/v2/account": string; "/v2/positions": string } => ({
    at,
    "/v2/account": JSON.stringify(desk.exchange.accountView()),
    "/v2/positions": JSON.stringify(desk.exchange.positionViews()),
  });
  const seen = [look(-Infinity)];
  desk.exchange.onTradeUpdate(() => seen.push(look(desk.clock.monotonic())));
  return {
    after: (request, response) => {
      const path = paths.find((each) => isRead(request, each));
      const shown = seen.findLast(({ at }) => at <= desk.clock.monotonic() - lagMs);
      return Promise.resolve(path === undefined || shown === undefined ? response : { ...response, body: shown[path] });
    },
  };
}

/** Changes what a snapshot of market data says of one symbol while `active`. */
export function spoiledSnapshot(
  symbol: string,
  change: (snapshot: Record<string, unknown>) => Record<string, unknown> | undefined,
  active: () => boolean = () => true,
): Interceptor {
  return {
    after: (request, response) => {
      if (!isRead(request, "/v2/stocks/snapshots") || !active()) return Promise.resolve(response);
      const { [symbol]: shown, ...rest } = JSON.parse(response.body) as Record<string, Record<string, unknown>>;
      const changed = shown === undefined ? undefined : change(shown);
      return Promise.resolve({ ...response, body: JSON.stringify(changed === undefined ? rest : { ...rest, [symbol]: changed }) });
    },
  };
}

/** Changes the account that the venue shows. */
export function shownAccount(change: (account: Record<string, string>) => Record<string, string>): Interceptor {
  return {
    after: (request, response) => {
      if (!isRead(request, "/v2/account")) return Promise.resolve(response);
      const account = JSON.parse(response.body) as Record<string, string>;
      return Promise.resolve({ ...response, body: JSON.stringify({ ...account, ...change(account) }) });
    },
  };
}

/** Buying power as it was `lagMs` ago, beside numbers that are up to date. */
export function powerBehind(desk: VirtualDesk, lagMs: number): Interceptor {
  const look = (at: number): { at: number; power: string } => ({ at, power: String(desk.exchange.accountView().buying_power) });
  const seen = [look(-Infinity)];
  desk.exchange.onTradeUpdate(() => seen.push(look(desk.clock.monotonic())));
  return shownAccount(() => {
    const shown = seen.findLast(({ at }) => at <= desk.clock.monotonic() - lagMs);
    return shown === undefined ? {} : { buying_power: shown.power };
  });
}

/** A POST that has come to the venue. */
export interface Arrival {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  /** Dollars, of an order in dollars. */
  readonly notional: number;
  /** Shares, of an order in shares. */
  readonly quantity: number;
  /** On the monotonic clock, seconds after the first of them. */
  readonly at: number;
}

/** Keeps a list of the POSTs that have come to the venue, refused ones too. */
export function arrivals(desk: VirtualDesk): { readonly list: Arrival[]; readonly interceptor: Interceptor } {
  const list: Arrival[] = [];
  let first: number | undefined;
  const interceptor: Interceptor = {
    before: (request) => {
      if (isPost(request)) {
        const { symbol, side, notional, qty } = postedOrder(request);
        const now = desk.clock.monotonic();
        list.push({ symbol, side, notional: Number(notional ?? 0), quantity: Number(qty ?? 0), at: (now - (first ??= now)) / 1_000 });
      }
      return Promise.resolve(undefined);
    },
  };
  return { list, interceptor };
}

/**
 * An order gate with numbers of its own: it refuses buys that it counts as more than the buying power it has left, as Alpaca words it.
 * @param power dollars, less what it has let through. @param counted what it counts an order of so many dollars as.
 */
export function orderGate(power: () => number, counted: (dollars: number) => number = (dollars) => dollars): Interceptor {
  let taken = 0;
  return {
    before: (request) => {
      if (!isPost(request) || postedOrder(request).side !== "buy") return Promise.resolve(undefined);
      const [basis, left] = [counted(Number(postedOrder(request).notional ?? 0)), Math.max(0, Math.round((power() - taken) * 100) / 100)];
      if (basis <= left) {
        taken += basis;
        return Promise.resolve(undefined);
      }
      const body = { buying_power: left.toFixed(2), code: 40310000, cost_basis: basis.toFixed(2), message: "insufficient buying power" };
      return Promise.resolve(reply(403, body));
    },
  };
}

/** When the last sell was filled, on the monotonic clock; Infinity before. */
export function lastSale(desk: VirtualDesk): () => number {
  let at = Infinity;
  desk.exchange.onTradeUpdate(() => {
    const sells = [...desk.exchange.state.orders.values()].filter(({ side }) => side === "sell");
    if (at === Infinity && sells.length > 0 && sells.every(({ status }) => status === "filled")) at = desk.clock.monotonic();
  });
  return () => at;
}

/** A withdrawal before the first reading of the account after the last sell. @param dollars as text. */
export function paidOutAfterSelling(desk: VirtualDesk, dollars: string): Interceptor {
  const sold = lastSale(desk);
  let isPaid = false;
  return {
    before: (request) => {
      if (!isPaid && desk.clock.monotonic() >= sold() && isRead(request, "/v2/account")) {
        isPaid = true;
        desk.exchange.transfer(`-${dollars}`);
      }
      return Promise.resolve(undefined);
    },
  };
}
