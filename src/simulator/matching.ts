import { decimal, max, min, ONE, SHARE_DECIMALS, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import type { ExchangeState } from "./account-state.ts";
import { heldShares, marginExcess, requirementOf, type Valuation } from "./buying-power.ts";
import { isWhole } from "./order-fields.ts";
import { closes, type OrderRecord, remainingQuantity } from "./orders.ts";
import type { QuotePrices } from "./prices.ts";
import type { Random } from "./random.ts";
import { stopPriceOf } from "./trailing.ts";

/** How fast the venue fills, and in how many parts. */
export interface FillModel {
  /** Probability that a marketable order fills in parts; the venue's paper accounts do so one time in ten. */
  readonly partialFillProbability: number;
  /** Fills of such an order, at least 2. */
  readonly partialFillSteps: number;
}

export const PARTIAL_FILL_PROBABILITY = 0.1;
export const PARTIAL_FILL_STEPS = 2;
const SMALLEST_SLICE = 0.2;
const SLICE_RANGE = 0.6;

export type Match =
  | { readonly kind: "rests" }
  | { readonly kind: "fills"; readonly price: Decimal; readonly quantity: Decimal; readonly last: boolean }
  /** The market has moved and the account can no longer pay. */
  | { readonly kind: "unaffordable" };

/** Whether a stop order's price has been touched, so that it acts as a market or limit order. */
export function touchesStop(order: OrderRecord, lastTrade: Decimal): boolean {
  const stop = stopPriceOf(order);
  if (stop === undefined) return true;
  return order.side === "buy" ? lastTrade.gte(stop) : lastTrade.lte(stop);
}

/** Matches against the opposite side of the quote: buys pay the ask, sells get the bid. */
export function match(
  state: ExchangeState,
  order: OrderRecord,
  quote: QuotePrices,
  model: FillModel,
  random: Random,
  valueOf: Valuation,
): Match {
  const price = order.side === "buy" ? quote.ask : quote.bid;
  if (price.lte(ZERO) || !isMarketable(order, price)) return { kind: "rests" };
  const remaining = fillable(state, order, price);
  if (remaining.eq(ZERO)) return { kind: "unaffordable" };
  order.slicesLeft ??= random.next() < model.partialFillProbability ? Math.max(2, model.partialFillSteps) : 1;
  const quantity = order.slicesLeft > 1 ? slice(remaining, order.slicesLeft, random) : remaining;
  const ownMoney = quantity.times(price).times(requirementOf(state, order.symbol));
  if (!closes(order) && ownMoney.gt(marginExcess(state, valueOf))) return { kind: "unaffordable" };
  return { kind: "fills", price, quantity, last: quantity.eq(remaining) };
}

function isMarketable(order: OrderRecord, price: Decimal): boolean {
  if (order.limitPrice === undefined) return true;
  return order.side === "buy" ? price.lte(order.limitPrice) : price.gte(order.limitPrice);
}

/** A notional sell can need more shares than before when the price has fallen; never more than are free. */
function fillable(state: ExchangeState, order: OrderRecord, price: Decimal): Decimal {
  const wanted = remainingQuantity(order, price);
  if (!closes(order)) return wanted;
  const owned = (state.positions.get(order.symbol)?.quantity ?? ZERO).abs();
  return min(wanted, max(owned.minus(heldShares(state, order.symbol, order).quantity), ZERO));
}

/** A random part around an equal share: whole shares stay whole, and the last part takes the remainder. */
function slice(remaining: Decimal, slicesLeft: number, random: Random): Decimal {
  const share = (SMALLEST_SLICE + SLICE_RANGE * random.next()) / (slicesLeft - 1);
  const part = truncate(remaining.times(decimal(share.toFixed(6))), isWhole(remaining) ? 0 : SHARE_DECIMALS);
  if (part.gt(ZERO)) return part;
  return isWhole(remaining) && remaining.gt(ONE) ? ONE : remaining;
}
