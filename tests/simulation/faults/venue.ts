import type { VenueResponse } from "../../../src/simulator/venue.ts";
import { isOpen } from "../../../src/simulator/orders.ts";
import type { Fault, FaultMenu, FaultWorld } from "./fault.ts";
import { isLookUp, isPost, isRead, reply } from "./fault.ts";

/** Alpaca's orders, positions and cash disagree for up to this long (R16). */
const LONGEST_LAG_MS = 10_000;

/** A new order cannot be found by its client id for a while. */
function lookUpMisses(world: FaultWorld): Fault {
  const forMs = world.chance.happens(0.5) ? world.chance.spread(200, 25_000) : world.chance.whole(11_000, 25_000);
  return {
    onAnswer: (request, response) => {
      if (!isLookUp(request) || response.status !== 200) return undefined;
      const order = JSON.parse(response.body) as { submitted_at: string };
      if (world.exchange.clock.now() - Date.parse(order.submitted_at) > forMs) return undefined;
      world.struck("look-up by client id");
      return { kind: "instead", response: reply(404, { code: 40410000, message: "order not found" }) };
    },
  };
}

/** An order is taken, its answer says that something went wrong, and for a while it can be found only in the list of all orders. */
function acceptedUnseen(world: FaultWorld): Fault {
  const { chance, now } = world;
  const until = new Map<string, number>();
  let left = chance.whole(1, 2);
  const hide = (id: string): boolean => {
    if (left === 0 || !chance.happens(0.5)) return false;
    left -= 1;
    until.set(id, now() + chance.whole(11_000, 30_000));
    world.struck(id.slice(-16));
    return true;
  };
  return {
    onAnswer: (request, response) => {
      if (response.status !== 200) return undefined;
      if (isPost(request)) {
        const { client_order_id: id } = JSON.parse(request.body) as { client_order_id: string };
        return hide(id) ? { kind: "instead", response: reply(504, { code: 50410000, message: "request timed out" }) } : undefined;
      }
      if (!isLookUp(request)) return undefined;
      const id = new URL(request.url, "http://venue").searchParams.get("client_order_id") ?? "";
      return now() < (until.get(id) ?? 0)
        ? { kind: "instead", response: reply(404, { code: 40410000, message: "order not found" }) }
        : undefined;
    },
  };
}

type OrderView = Readonly<Record<string, unknown>>;

interface OrderSeen {
  readonly at: number;
  readonly view: OrderView;
}

const ENDED: readonly unknown[] = ["filled", "canceled", "expired", "rejected", "replaced"];

/** Lists show orders as they were some seconds ago: new ones are missing, and those that have ended still seem open. */
function listingLags(world: FaultWorld): Fault {
  const { exchange, now } = world;
  const lagMs = world.chance.spread(150, LONGEST_LAG_MS);
  const seen = new Map<string, OrderSeen[]>();
  const stop = exchange.onTradeUpdate(({ order }) => {
    const { id } = order;
    seen.set(id, [...(seen.get(id) ?? []), { at: now(), view: order }]);
  });
  const asShown = (order: OrderView): OrderView | undefined => {
    const past = seen.get(String(order.id));
    return past === undefined ? order : past.findLast(({ at }) => at <= now() - lagMs)?.view;
  };
  return {
    onAnswer: (request, response) => {
      if (!isRead(request, "/v2/orders") || response.status !== 200) return undefined;
      const open = request.url.includes("status=open");
      const real = JSON.parse(response.body) as OrderView[];
      const stillShown = open
        ? [...seen.values()].map((past) => past.findLast(({ at }) => at <= now() - lagMs)?.view).filter((view) => view !== undefined)
        : [];
      const others = real.filter(({ id }) => !stillShown.some((view) => view.id === id));
      const shown = [...others.map(asShown).filter((order) => order !== undefined), ...stillShown].filter(
        ({ status }) => !open || !ENDED.includes(status),
      );
      if (JSON.stringify(shown) === JSON.stringify(real)) return undefined;
      world.struck(`a list as it was ${String(lagMs)} ms ago: ${String(shown.length)} orders instead of ${String(real.length)}`);
      return { kind: "instead", response: { ...response, body: JSON.stringify(shown) } };
    },
    end: stop,
  };
}

/** Positions, or the account's money, or both, are shown as they were some seconds ago. */
function accountLags(world: FaultWorld): Fault {
  const { exchange, chance, now } = world;
  const lagMs = chance.spread(300, LONGEST_LAG_MS);
  const paths = chance.pick([["/v2/account"], ["/v2/positions"], ["/v2/account", "/v2/positions"]] as const);
  const look = (at: number): Readonly<Record<"/v2/account" | "/v2/positions", string>> & { readonly at: number } => ({
    at,
    "/v2/account": JSON.stringify(exchange.accountView()),
    "/v2/positions": JSON.stringify(exchange.positionViews()),
  });
  let seen = [look(-Infinity)];
  const stop = exchange.onTradeUpdate(() => seen.push(look(now())));
  return {
    onAnswer: (request, response) => {
      const path = paths.find((each) => isRead(request, each));
      if (path === undefined || response.status !== 200) return undefined;
      const place = seen.findLastIndex(({ at }) => at <= now() - lagMs);
      seen = seen.slice(Math.max(0, place));
      const [shown] = seen;
      // Older than the lag and the newest there is: what the venue shows is the present.
      if (shown === undefined || seen.length === 1) return undefined;
      world.struck(`${path} as it was ${String(lagMs)} ms ago`);
      return { kind: "instead", response: { ...response, body: shown[path] } };
    },
    end: stop,
  };
}

const REFUSALS: readonly VenueResponse[] = [
  reply(403, { buying_power: "15", code: 40310000, cost_basis: "40000", message: "insufficient buying power" }),
  reply(403, {
    code: 40310000,
    existing_order_id: "a182da86",
    message: "potential wash trade detected. use complex orders",
    reject_reason: "opposite side market/stop order exists",
  }),
  reply(403, { code: 40310000, message: "insufficient qty available for order (requested: 9, available: 0)" }),
  reply(422, { code: 42210000, message: 'asset "SMR" is not tradable' }),
];

/** Orders are refused for reasons that are none. */
function wronglyRefused(world: FaultWorld): Fault {
  const refusal = world.chance.pick(REFUSALS);
  let left = world.chance.whole(1, 3);
  return {
    onRequest: (request) => {
      if (left === 0 || !isPost(request) || !world.chance.happens(0.5)) return undefined;
      left -= 1;
      world.struck(`${request.body.slice(0, 60)} … ${refusal.body.slice(0, 80)}`);
      return { kind: "answered", response: refusal };
    },
  };
}

/** Accepted, and then thrown out before it could fill. */
function rejectedLater(world: FaultWorld): Fault {
  const { exchange, chance } = world;
  let left = chance.whole(1, 3);
  const stop = exchange.onTradeUpdate(({ event, order }) => {
    if (left === 0 || event !== "pending_new" || !chance.happens(0.5)) return;
    left -= 1;
    const { id } = order;
    world.later(chance.whole(1, 25), () => {
      const record = exchange.state.orders.get(id);
      if (record === undefined || !isOpen(record)) return;
      world.struck(`${record.side} ${record.symbol}`);
      exchange.reject(id);
    });
  });
  return { end: stop };
}

export const VENUE_FAULTS: FaultMenu = {
  "look-up-misses": lookUpMisses,
  "accepted-unseen": acceptedUnseen,
  "listing-lags": listingLags,
  "account-lags": accountLags,
  "wrongly-refused": wronglyRefused,
  "order-rejected-later": rejectedLater,
};
