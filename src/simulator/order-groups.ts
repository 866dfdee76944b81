import { isOpen, type OrderRecord } from "./orders.ts";

/** Whatever holds all orders by id. */
export interface Orders {
  readonly orders: ReadonlyMap<string, OrderRecord>;
}

/** The exits of an order, the take-profit first. */
export function legsOf({ orders }: Orders, { id, legIds = [] }: OrderRecord): OrderRecord[] {
  return legIds.map((each) => orders.get(each)).filter((leg): leg is OrderRecord => leg?.parentId === id);
}

/** The orders shown under it: its exits, or under a take-profit whose entry is not shown, the stop-loss next to it. */
export function shownUnder(state: Orders, order: OrderRecord): OrderRecord[] {
  const [first, ...rest] = order.parentId === undefined ? [] : legsOf(state, parentOf(state, order));
  return first === order ? rest : legsOf(state, order);
}

/** The order under which it is shown: itself, unless it is a leg. */
export function parentOf({ orders }: Orders, order: OrderRecord): OrderRecord {
  return (order.parentId === undefined ? undefined : orders.get(order.parentId)) ?? order;
}

/** The other open orders of its group: when it is cancelled, they are too. */
export function openBeside(state: Orders, order: OrderRecord): OrderRecord[] {
  const parent = parentOf(state, order);
  return [parent, ...legsOf(state, parent)].filter((each) => each !== order && isOpen(each));
}

/** The exit that a complete fill of an entry sends to the exchange; the other one stays held. */
export function exitAfter(state: Orders, order: OrderRecord): OrderRecord | undefined {
  return isEntry(order) ? legsOf(state, order)[0] : undefined;
}

/** The stop-loss that waits next to a working take-profit: only one of the two is at the exchange. */
export function waitingStop(state: Orders, order: OrderRecord): OrderRecord | undefined {
  if (order.orderClass === undefined || isEntry(order)) return undefined;
  return openBeside(state, order).find(({ status }) => status === "held");
}

/** Puts a replacement in the place of the order that it replaces. */
export function takePlaceOf(state: Orders, old: OrderRecord, by: OrderRecord): void {
  by.parentId = old.parentId;
  by.legIds = old.legIds;
  for (const leg of legsOf(state, old)) leg.parentId = by.id;
  const parent = parentOf(state, old);
  parent.legIds = parent.legIds?.map((id) => (id === old.id ? by.id : id));
}

/** Both exits of an OCO order close a position; the first order of the other classes opens one. */
function isEntry({ legIds, orderClass }: OrderRecord): boolean {
  return legIds !== undefined && orderClass !== "oco";
}
