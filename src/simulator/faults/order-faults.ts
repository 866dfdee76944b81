import type { OrderRecord } from "../orders.ts";
import { parameter, ANY_SYMBOL, ANY_SIDE, type FaultContext, type FaultHooks, type FaultKind, type FaultParameter } from "./kind.ts";
import { isAccepted, pathOf, postedOrder, queryOf, reply } from "./requests.ts";

const WHICH_ORDERS: readonly FaultParameter[] = [ANY_SYMBOL, ANY_SIDE];
const NOT_FOUND = reply(404, { code: 40410000, message: "order not found" });

/** Faults of single orders: the venue accepts them and then does something else. */
export const ORDER_FAULTS: readonly FaultKind[] = [
  {
    name: "asynchronous-reject",
    description: "an accepted order is rejected later, before any fill",
    parameters: [...WHICH_ORDERS, parameter("ms", "milliseconds", "50")],
    inject: asynchronousReject,
  },
  {
    name: "stuck-order",
    description: "an order is accepted and not filled; it can be cancelled",
    parameters: WHICH_ORDERS,
    inject: (context) => {
      const isStuck = perOrder(context);
      return { mayFill: (order) => !isStuck(order) };
    },
  },
  {
    name: "stuck-cancel",
    description: "a cancel is accepted and stays pending_cancel",
    parameters: WHICH_ORDERS,
    inject: (context) => {
      const isStuck = perOrder(context);
      return { mayCancel: (order) => !isStuck(order) };
    },
  },
  {
    name: "insufficient-buying-power",
    description: "403 for a buy, whatever buying power the account shows",
    parameters: [ANY_SYMBOL, parameter("available", "dollars", "15")],
    inject: insufficientBuyingPower,
  },
  {
    name: "look-up-misses",
    description: "a lookup by client id does not find an order for a while after acceptance",
    parameters: [parameter("lag", "seconds", "5")],
    inject: lookUpMisses,
  },
];

/** Whether a fault hits an order: decided once, on the first check. */
function perOrder({ settings, strikes }: FaultContext): (order: Pick<OrderRecord, "id" | "symbol" | "side">) => boolean {
  const decided = new Map<string, boolean>();
  return ({ id, side, symbol }) => {
    const known = decided.get(id);
    if (known !== undefined) return known;
    const fits = settings.admits("symbol", symbol) && settings.admits("side", side);
    const struck = fits && strikes();
    decided.set(id, struck);
    return struck;
  };
}

/** A doomed order may not fill, so that the rejection is the first thing that happens to it. */
function asynchronousReject(context: FaultContext): FaultHooks {
  const { exchange, later, settings } = context;
  const isDoomed = perOrder(context);
  return {
    happened: ({ event, order }) => {
      const record = event === "pending_new" || event === "accepted" ? exchange.state.orders.get(order.id) : undefined;
      if (record === undefined || !isDoomed(record)) return;
      later(settings.number("ms"), () => exchange.reject(record.id));
    },
    mayFill: (order) => !isDoomed(order),
  };
}

function insufficientBuyingPower({ settings, strikes }: FaultContext): FaultHooks {
  return {
    before: (request) => {
      const order = postedOrder(request);
      if (order?.side !== "buy" || !settings.admits("symbol", order.symbol) || !strikes()) return undefined;
      const { notional } = JSON.parse(request.body) as { notional?: unknown };
      const available = settings.text("available");
      const cost_basis = typeof notional === "string" ? notional : settings.amount("available").plus("1").toFixed();
      return reply(403, { buying_power: available, code: 40310000, cost_basis, message: "insufficient buying power" });
    },
  };
}

/** Measured on the monotonic clock from acceptance; entries past the delay are dropped. */
function lookUpMisses({ exchange, settings, strikes }: FaultContext): FaultHooks {
  const acceptedAt = new Map<string, number>();
  const lagMs = settings.number("lag") * 1_000;
  const isYoung = (at: number): boolean => exchange.clock.monotonic() - at < lagMs;
  return {
    happened: ({ event, order }) => {
      if (event !== "pending_new" && event !== "accepted") return;
      for (const [id, at] of acceptedAt) if (!isYoung(at)) acceptedAt.delete(id);
      acceptedAt.set(order.client_order_id, exchange.clock.monotonic());
    },
    after: (request, response) => {
      if (!isAccepted(response) || pathOf(request) !== "/v2/orders:by_client_order_id") return response;
      const at = acceptedAt.get(queryOf(request).get("client_order_id") ?? "");
      return at !== undefined && isYoung(at) && strikes() ? NOT_FOUND : response;
    },
  };
}
