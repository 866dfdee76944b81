import {
  decimal,
  decimalFromNumber,
  max,
  min,
  ONE,
  parseDecimal,
  roundHalfUp,
  SHARE_DECIMALS,
  truncate,
  ZERO,
  type Decimal,
} from "../domain/decimal.ts";
import type { ExchangeState, SplitRecord } from "./account-state.ts";
import type { Bar } from "./wire.ts";
import { openOrders } from "./buying-power.ts";
import type { OrderRecord } from "./orders.ts";
import { malformed } from "./refusals.ts";

const LARGEST_RATE = decimal("1000");
/** Limit and stop prices adjusted for a split are rounded to this. */
const PRICE_DECIMALS = 4;

/** New shares for old ones, as a split is announced: 2 for 1, or 1 for 10. */
export interface SplitRates {
  readonly newRate: Decimal;
  readonly oldRate: Decimal;
}

/** Reads `"2"`, `"3:2"` or, for a reverse split, `"1:10"` or `"0.1"`. @throws Refusal for anything else. */
export function readRatio(text: string): SplitRates {
  const [newText, oldText = "1", ...more] = text.split(":");
  const newRate = parseDecimal(newText);
  const oldRate = parseDecimal(oldText);
  const usable = (rate: Decimal | undefined): rate is Decimal => rate?.gt(ZERO) === true && rate.lte(LARGEST_RATE);
  if (!usable(newRate) || !usable(oldRate) || newRate.eq(oldRate) || more.length > 0) throw malformed("ratio must be like 2, 3:2 or 1:10");
  return { newRate, oldRate };
}

export function factorOf({ newRate, oldRate }: SplitRates): Decimal {
  return newRate.div(oldRate);
}

/**
 * Multiplies the shares of the position; its cost stays.
 * @param old how many of them predate the split.
 * @returns the change in shares.
 */
export function splitPosition(state: ExchangeState, symbol: string, { newRate, oldRate }: SplitRates, old: Decimal): Decimal {
  const position = state.positions.get(symbol);
  if (position === undefined) return ZERO;
  const before = position.quantity;
  const split = before.lt(ZERO) ? max(old, before) : min(old, before);
  position.quantity = before.minus(split).plus(truncate(split.times(newRate).div(oldRate), SHARE_DECIMALS));
  if (position.quantity.eq(ZERO)) state.positions.delete(symbol);
  return position.quantity.minus(before);
}

/**
 * Applies a split to open orders: a reverse split cancels them all, a forward split adjusts buy limits and sell
 * stops and leaves the others alone.
 * @returns the orders to cancel.
 */
export function splitOrders(state: ExchangeState, symbol: string, rates: SplitRates): OrderRecord[] {
  const open = openOrders(state).filter((order) => order.symbol === symbol);
  if (rates.newRate.lt(rates.oldRate)) return open;
  for (const order of open) {
    const follows = order.side === "buy" ? order.type === "limit" : order.type === "stop" || order.type === "stop_limit";
    if (follows) state.orders.set(order.id, followed(order, rates));
  }
  return [];
}

function followed(order: OrderRecord, { newRate, oldRate }: SplitRates): OrderRecord {
  const price = (value: Decimal | undefined): Decimal | undefined =>
    value === undefined ? undefined : truncate(value.times(oldRate).div(newRate), PRICE_DECIMALS);
  const shares = (value: Decimal): Decimal => truncate(value.times(newRate).div(oldRate), SHARE_DECIMALS);
  return {
    ...order,
    quantity: order.quantity === undefined ? undefined : shares(order.quantity),
    filledQuantity: shares(order.filledQuantity),
    limitPrice: price(order.limitPrice),
    stopPrice: price(order.stopPrice),
    referencePrice: order.referencePrice.times(oldRate).div(newRate),
  };
}

/** A past bar adjusted for every later split (`adjustment=split`). */
export function adjustedBar(bar: Bar, splits: readonly SplitRecord[], endedAt: number): Bar {
  const later = splits.filter(({ at }) => at >= endedAt);
  if (later.length === 0) return bar;
  const factor = later.reduce((product, split) => product.times(factorOf(split)), ONE);
  const price = (value: number): number => Number(roundHalfUp(decimalFromNumber(value).div(factor), PRICE_DECIMALS).toFixed());
  const volume = Math.round(bar.v * Number(factor.toFixed()));
  return { ...bar, o: price(bar.o), h: price(bar.h), l: price(bar.l), c: price(bar.c), vw: price(bar.vw), v: volume };
}
