import type { OrderRecord, OrderRequest } from "./orders.ts";
import { forbidden } from "./refusals.ts";
import { DAY_MS, extendedHours, type MarketHours, newYorkDate, newYorkInstant, newYorkTime, sessionNear, sessionOn } from "./sessions.ts";

type Timed = Pick<OrderRecord, "timeInForce" | "extendedHours" | "expiresAt">;

/** Days after which the venue ends a good-till-cancelled order, at a quarter past four in New York. */
const LONGEST_LIFE_DAYS = 90;
const LONGEST_LIFE_TIME = "16:15";
/** When orders for an auction are refused, in New York time, as Alpaca's own refusals say. */
const OPENING_CALL = "09:28";
const CLOSING_CALL = "15:55";
const NEXT_AUCTIONS = "19:00";
/** Before the close of a half-day. */
const CLOSING_CALL_MS = 5 * 60_000;
/** How long after the close an order for the closing auction is matched. */
const CLOSING_AUCTION_MS = 60_000;

/** Whether what it does not fill at its first match is cancelled. */
export function isImmediate({ timeInForce }: Timed): boolean {
  return timeInForce !== "day" && timeInForce !== "gtc";
}

/** Whether an order may fill now. Without sessions there are no auctions, and orders for one fill at once. */
export function mayTrade(order: Timed, hours: MarketHours, now: number): boolean {
  if (isForClose(order, hours)) return now >= order.expiresAt;
  return hours.isOpen(now) || (order.extendedHours === true && hours.isExtended(now));
}

/** When it may fill next, `now` if it may already; milliseconds since the epoch. */
export function tradesNextAt(order: Timed, hours: MarketHours, now: number): number {
  if (mayTrade(order, hours, now)) return now;
  if (isForClose(order, hours)) return order.expiresAt;
  return order.extendedHours === true && !hours.endless ? nextExtendedOpen(now) : hours.nextOpen(now);
}

/** When it ends by itself: the auction at the close comes before the end of the orders for it. */
export function lapsesAt(order: Timed, hours: MarketHours): number {
  return order.expiresAt + (isForClose(order, hours) ? CLOSING_AUCTION_MS : 0);
}

/** When an order sent at `now` ends: with its session, or for extended hours with the last hour of that day. */
export function expiryOf({ extendedHours: extended, timeInForce }: OrderRequest, hours: MarketHours, now: number): number {
  if (timeInForce === "gtc") return newYorkInstant(newYorkDate(now + LONGEST_LIFE_DAYS * DAY_MS), LONGEST_LIFE_TIME);
  return extended === true && !hours.endless ? nextExtendedClose(now) : hours.nextClose(now);
}

/** @throws Refusal when the next auction no longer takes orders, and the one after it not yet. */
export function checkAuction({ timeInForce }: OrderRequest, hours: MarketHours, now: number): void {
  if (hours.endless || (timeInForce !== "opg" && timeInForce !== "cls")) return;
  const time = newYorkTime(now);
  const lastCall = timeInForce === "opg" ? OPENING_CALL : closingCall(now);
  if (time < lastCall || time >= NEXT_AUCTIONS) return;
  const shown = timeInForce === "opg" ? "9:28am" : "3:55pm";
  throw forbidden(`${timeInForce} orders must be submitted after 7:00pm and before ${shown}`);
}

function closingCall(now: number): string {
  const session = sessionOn(newYorkDate(now));
  return session?.early === true ? newYorkTime(session.close - CLOSING_CALL_MS) : CLOSING_CALL;
}

function isForClose({ timeInForce }: Timed, hours: MarketHours): boolean {
  return timeInForce === "cls" && !hours.endless;
}

function nextExtendedOpen(now: number): number {
  const { open } = extendedHours(sessionNear(now, 1));
  return open > now ? open : extendedHours(sessionNear(sessionNear(now, 1).close, 1)).open;
}

function nextExtendedClose(now: number): number {
  const today = sessionOn(newYorkDate(now));
  const close = today === undefined ? now : extendedHours(today).close;
  return close > now ? close : extendedHours(sessionNear(now, 1)).close;
}
