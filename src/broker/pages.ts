import type { Order } from "../domain/broker.ts";
import { UnreadableAnswer } from "./wire.ts";

/** The venue's maximum page size. */
export const ORDERS_PER_PAGE = 500;
export const ACTIVITIES_PER_PAGE = 100;
/** 10,000 orders or activities: far above an account's day, and a stop for a server that repeats itself. */
const MAX_ORDER_PAGES = 20;
const MAX_ACTIVITY_PAGES = 100;

export interface OrderPage {
  /** Entries on the page, before legs were flattened. */
  readonly entries: number;
  readonly orders: readonly Order[];
}

/**
 * All orders, oldest first. The venue has no page token for orders, so the next page begins at the last order's
 * submission, one millisecond early because `after` is exclusive and our times are cut to milliseconds; duplicates
 * are kept once.
 * @throws UnreadableAnswer instead of returning a list that ends too early: a missing order could be sent again.
 */
export async function allOrders(page: (after: number | undefined) => Promise<OrderPage>, after: number | undefined): Promise<Order[]> {
  const orders = new Map<string, Order>();
  let cursor = after;
  for (let count = 0; count < MAX_ORDER_PAGES; count++) {
    const { entries, orders: found } = await page(cursor);
    const before = orders.size;
    for (const order of found) orders.set(order.id, order);
    if (entries < ORDERS_PER_PAGE) return [...orders.values()];
    if (orders.size === before) break;
    cursor = Math.max(...found.map((order) => order.submittedAt ?? order.createdAt)) - 1;
  }
  throw new UnreadableAnswer("the list of orders has no end");
}

/**
 * All activities (fills, transfers), oldest first; the page token is the last one's id.
 * @param things for the error message: `"fills"`.
 * @throws UnreadableAnswer instead of returning a list that ends too early.
 */
export async function allActivities<Activity extends { readonly id: string }>(
  things: string,
  page: (token: string | undefined) => Promise<readonly Activity[]>,
): Promise<Activity[]> {
  const activities = new Map<string, Activity>();
  let token: string | undefined;
  for (let count = 0; count < MAX_ACTIVITY_PAGES; count++) {
    const found = await page(token);
    const before = activities.size;
    for (const activity of found) activities.set(activity.id, activity);
    if (found.length < ACTIVITIES_PER_PAGE) return [...activities.values()];
    if (activities.size === before) break;
    token = found.at(-1)?.id;
  }
  throw new UnreadableAnswer(`the list of ${things} has no end`);
}
