import { accountBody } from "../account-view.ts";
import { listOrders } from "../listing.ts";
import { type OrderRecord, orderView } from "../orders.ts";
import { venueJson, type VenueRequest } from "../wire.ts";
import { parameter, type FaultContext, type FaultHooks, type FaultKind } from "./kind.ts";
import { isAccepted, isRead, queryOf } from "./requests.ts";

interface Snapshot {
  readonly at: number;
  readonly account: unknown;
  readonly positions: unknown;
  readonly orders: ReadonlyMap<string, OrderRecord>;
}

/**
 * The age of each list is random, up to `lag`, and independent of the others, so together they describe a state
 * that never existed. A single order by its id is always up to date.
 */
export const STALE_LISTS: FaultKind = {
  name: "stale-lists",
  description: "orders, positions and account are each up to `lag` seconds old",
  parameters: [
    parameter("of", ["all", "orders", "positions", "account"], "all"),
    parameter("lag", "seconds", "10"),
    parameter("exact", ["yes", "no"], "no"),
  ],
  inject: staleLists,
};

function staleLists({ exchange, random, settings, strikes }: FaultContext): FaultHooks {
  const lagMs = settings.number("lag") * 1_000;
  const of = settings.text("of");
  let snapshots: Snapshot[] = [];
  const record = (): void => {
    const at = exchange.clock.monotonic();
    const oldest = snapshots.findLastIndex((each) => each.at <= at - lagMs);
    snapshots = snapshots.slice(Math.max(0, oldest));
    const orders = new Map([...exchange.state.orders].map(([id, order]) => [id, { ...order }]));
    snapshots.push({ at, account: accountBody(exchange.accountView()), positions: exchange.positionViews(), orders });
  };
  const past = (): Snapshot | undefined => {
    const ageMs = settings.text("exact") === "yes" ? lagMs : lagMs * random.next();
    return snapshots.findLast(({ at }) => at <= exchange.clock.monotonic() - ageMs) ?? snapshots[0];
  };
  return {
    begin: record,
    happened: record,
    after: (request, response) => {
      const list = listOf(request);
      if (list === undefined || !isAccepted(response) || (of !== "all" && of !== list) || !strikes()) return response;
      const seen = past();
      return seen === undefined ? response : { ...response, body: venueJson(shown(seen, list, request)) };
    },
  };
}

type List = "orders" | "positions" | "account";

function listOf(request: VenueRequest): List | undefined {
  if (isRead(request, "/v2/orders")) return "orders";
  if (isRead(request, "/v2/positions")) return "positions";
  return isRead(request, "/v2/account") ? "account" : undefined;
}

function shown(snapshot: Snapshot, list: List, request: VenueRequest): unknown {
  if (list !== "orders") return snapshot[list];
  return listOrders(snapshot.orders, queryOf(request)).map(({ order, legs }) => orderView(order, legs));
}
