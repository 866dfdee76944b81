import { type Orders, shownUnder } from "./order-groups.ts";
import { isOpen, type OrderRecord } from "./orders.ts";
import { choice, choices, count, flag, listOf, optional, optionalId } from "./parameters.ts";
import { malformed, notFound } from "./refusals.ts";
import { nanosOf } from "./timestamps.ts";

const ORDERS_BY_DEFAULT = 50;
const MOST_ORDERS = 500;
const SIDES = ["buy", "sell"] as const;
const ASSET_CLASSES = [
  "us_equity",
  "us_option",
  "crypto",
  "crypto_perp",
  "treasury",
  "corporate",
  "global_equity",
  "us_index",
  "us_equity_chain",
  "ipo",
  "all",
] as const;

/** An order of a list, and the orders shown under it. */
export interface Listed {
  readonly order: OrderRecord;
  readonly legs: readonly OrderRecord[];
}

/**
 * The orders listed by `GET /v2/orders`: open ones by default, newest first, `after` and `until` exclusive. With
 * `nested` an exit is shown under its entry if that is listed, and a stop-loss under its take-profit if not.
 * @throws Refusal for a parameter that cannot be read.
 */
export function listOrders(orders: ReadonlyMap<string, OrderRecord>, query: URLSearchParams): Listed[] {
  const symbols = listOf(query, "symbols");
  const sides = choices(query, "side", SIDES);
  const classes = choices(query, "asset_class", ASSET_CLASSES);
  const within = timeFilter(query, "after", "until");
  const status = choice(query, "status", ["open", "closed", "all"], "open");
  const descending = choice(query, "direction", ["asc", "desc"], "desc") === "desc";
  const most = count(query, "limit", ORDERS_BY_DEFAULT, MOST_ORDERS);
  const nested = flag(query, "nested");
  if (classes.length > 0 && !classes.includes("us_equity") && !classes.includes("all")) return [];
  const found = around([...orders.values()], query).filter(
    (order) =>
      (status === "all" || isListedAsOpen(order) === (status === "open")) &&
      (symbols.length === 0 || symbols.includes(order.symbol)) &&
      (sides.length === 0 || sides.includes(order.side)) &&
      within(order.submittedAt),
  );
  const listed = nested ? nest({ orders }, found) : found.map((order): Listed => ({ order, legs: [] }));
  return (descending ? listed.reverse() : listed).slice(0, most);
}

function nest(state: Orders, found: readonly OrderRecord[]): Listed[] {
  const listed = found.map((order) => ({ order, legs: shownUnder(state, order) }));
  const nested = new Set(listed.flatMap(({ legs }) => legs));
  return listed.filter(({ order }) => !nested.has(order));
}

/** A held exit is at no exchange, and Alpaca does not list it as open. */
function isListedAsOpen(order: OrderRecord): boolean {
  return isOpen(order) && order.status !== "held";
}

/** The orders before or after the one with a given id, oldest first. */
function around(orders: OrderRecord[], query: URLSearchParams): OrderRecord[] {
  const before = optionalId(query, "before_order_id");
  const after = optionalId(query, "after_order_id");
  if (before !== undefined && after !== undefined) throw malformed("only one of before_order_id or after_order_id is accepted");
  if (before !== undefined) return orders.slice(0, placeOf(orders, before));
  return after === undefined ? orders : orders.slice(placeOf(orders, after) + 1);
}

function placeOf(orders: readonly OrderRecord[], id: string): number {
  const place = orders.findIndex((order) => order.id === id);
  if (place < 0) throw notFound(`order not found for ${id}`);
  return place;
}

/** Bounds on an RFC 3339 time, both exclusive. @throws Refusal */
export function timeFilter(query: URLSearchParams, afterName: string, untilName: string): (stamp: string) => boolean {
  const after = optional(query, afterName, nanosOf);
  const until = optional(query, untilName, nanosOf);
  return (stamp) => {
    const at = nanosOf(stamp) ?? 0n;
    return (after === undefined || at > after) && (until === undefined || at < until);
  };
}
