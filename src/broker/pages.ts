import type { Order } from "../domain/broker.ts";
import { UnreadableAnswer } from "./wire.ts";

/** The most that the venue gives at once. */
export const ORDERS_PER_PAGE = 500;
export const ACTIVITIES_PER_PAGE = 100;
/** 10,000 orders or activities: far above what one account does in a day, and an end for a server that repeats itself. */
const MAX_ORDER_PAGES = 20;
const MAX_ACTIVITY_PAGES = 100;

export interface OrderPage {
  /** How many entries the page held, before legs were spread out. */
  readonly entries: number;
  readonly orders: readonly Order[];
}

/**
 * All orders, oldest first. The venue has no page token for orders, so the next page begins at the
 * last order's submission, one millisecond early because `after` excludes and our moments are cut
 * to milliseconds; what comes twice is kept once.
 * @throws UnreadableAnswer rather than give a list that ends too early: a missing order could be sent again.
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
 * @throws UnreadableAnswer rather than give a list that ends too early.
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
