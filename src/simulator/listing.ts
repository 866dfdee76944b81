import type { Activity } from "./account-state.ts";
import { isOpen, type OrderRecord } from "./orders.ts";
import { Refusal } from "./refusals.ts";
import { nanosOf } from "./timestamps.ts";

const ORDERS_BY_DEFAULT = 50;
const MOST_ORDERS = 500;
const MOST_ACTIVITIES = 100;

/**
 * The orders listed by `GET /v2/orders`: open ones by default, newest first, `after` and `until` exclusive.
 * @throws Refusal for a parameter that cannot be read.
 */
export function listOrders(orders: Iterable<OrderRecord>, query: URLSearchParams): OrderRecord[] {
  const symbols = listOf(query, "symbols");
  const side = query.get("side");
  const within = timeFilter(query, "after", "until");
  const status = choice(query, "status", ["open", "closed", "all"], "open");
  const found = [...orders].filter(
    (order) =>
      (status === "all" || isOpen(order) === (status === "open")) &&
      (symbols.length === 0 || symbols.includes(order.symbol)) &&
      (side === null || side === "" || order.side === side) &&
      within(order.submittedAt),
  );
  const ordered = choice(query, "direction", ["asc", "desc"], "desc") === "asc" ? found : found.reverse();
  return around(ordered, query).slice(0, count(query, "limit", ORDERS_BY_DEFAULT, MOST_ORDERS));
}

/**
 * One page of `GET /v2/account/activities`, newest first; `page_token` is the last id of the previous page.
 * @param types empty for all.
 * @throws Refusal for a parameter that cannot be read.
 */
export function listActivities(activities: readonly Activity[], query: URLSearchParams, types: readonly string[]): Activity[] {
  const orderId = query.get("order_id");
  const date = query.get("date");
  const within = timeFilter(query, "after", "until");
  const category = query.get("category");
  const found = activities.filter((activity) => {
    const at = activity.transaction_time ?? activity.created_at ?? "";
    return (
      (types.length === 0 || types.includes(activity.activity_type)) &&
      (category === null || (activity.activity_type === "FILL") === (category === "trade_activity")) &&
      (orderId === null || activity.order_id === orderId) &&
      (date === null || at.startsWith(date.slice(0, 10))) &&
      within(at)
    );
  });
  if (choice(query, "direction", ["asc", "desc"], "desc") === "desc") found.reverse();
  const token = query.get("page_token");
  const start = token === null ? 0 : found.findIndex(({ id }) => id === token) + 1;
  return found.slice(start, start + count(query, "page_size", MOST_ACTIVITIES, MOST_ACTIVITIES));
}

/** A comma-separated parameter, or a repeated one. */
export function listOf(query: URLSearchParams, name: string): string[] {
  return query
    .getAll(name)
    .flatMap((value) => value.split(","))
    .map((value) => value.trim())
    .filter((value) => value !== "");
}

/** @throws Refusal when it is there and cannot be read. */
export function optional<T>(query: URLSearchParams, name: string, read: (text: string) => T | undefined): T | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const value = read(text);
  if (value === undefined) throw badParameter(name);
  return value;
}

/** @throws Refusal unless it is a positive whole number; values above `most` count as `most`. */
export function count(query: URLSearchParams, name: string, byDefault: number, most: number): number {
  const text = query.get(name);
  if (text === null || text === "") return byDefault;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw badParameter(name);
  return Math.min(value, most);
}

export function choice<T extends string>(query: URLSearchParams, name: string, values: readonly T[], byDefault: T): T {
  return optional(query, name, (text) => values.find((each) => each === text)) ?? byDefault;
}

export function badParameter(name: string): Refusal {
  return new Refusal(400, { code: 40010000, message: `invalid ${name}` });
}

function around(orders: OrderRecord[], query: URLSearchParams): OrderRecord[] {
  const descending = query.get("direction") !== "asc";
  const beforeId = query.get("before_order_id");
  const afterId = query.get("after_order_id");
  const place = orders.findIndex(({ id }) => id === (beforeId ?? afterId));
  if (place < 0) return orders;
  return (beforeId === null) === descending ? orders.slice(0, place) : orders.slice(place + 1);
}

function timeFilter(query: URLSearchParams, afterName: string, untilName: string): (stamp: string) => boolean {
  const after = optional(query, afterName, nanosOf);
  const until = optional(query, untilName, nanosOf);
  return (stamp) => {
    const at = nanosOf(stamp) ?? 0n;
    return (after === undefined || at > after) && (until === undefined || at < until);
  };
}
