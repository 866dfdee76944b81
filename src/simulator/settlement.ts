import { truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import type { ExchangeState } from "./account-state.ts";
import { uuidFor } from "./random.ts";
import type { AssetRecord } from "./assets.ts";
import { closes, type OrderRecord } from "./orders.ts";

const COST_DECIMALS = 13;

/** Books one execution exactly: order, cash and position. The caller sets the order's status. */
export function bookFill(state: ExchangeState, order: OrderRecord, price: Decimal, quantity: Decimal, today: string): Decimal {
  const value = price.times(quantity);
  order.filledQuantity = order.filledQuantity.plus(quantity);
  order.filledValue = order.filledValue.plus(value);
  state.cash = order.side === "buy" ? state.cash.minus(value) : state.cash.plus(value);
  const [shares, cost] = order.side === "buy" ? [quantity, value] : [quantity.neg(), value.neg()];
  return closes(order) ? reduce(state, order.symbol, quantity) : extend(state, order.symbol, shares, cost, today);
}

/** @param quantity negative for a short position, like its cost. @returns the shares held afterwards. */
function extend(state: ExchangeState, symbol: string, quantity: Decimal, cost: Decimal, today: string): Decimal {
  const position = state.positions.get(symbol) ?? { symbol, quantity: ZERO, cost: ZERO, openedOn: today };
  position.quantity = position.quantity.plus(quantity);
  position.cost = position.cost.plus(cost);
  state.positions.set(symbol, position);
  return position.quantity;
}

/** @throws Error when it would turn the position around, which the checks at the order's arrival rule out. */
function reduce(state: ExchangeState, symbol: string, quantity: Decimal): Decimal {
  const position = state.positions.get(symbol);
  if (position === undefined || quantity.gt(position.quantity.abs()))
    throw new Error(`A fill would turn the position in ${symbol} around.`);
  const left = position.quantity.lt(ZERO) ? position.quantity.plus(quantity) : position.quantity.minus(quantity);
  position.cost = truncate(position.cost.times(left).div(position.quantity), COST_DECIMALS);
  position.quantity = left;
  if (left.eq(ZERO)) state.positions.delete(symbol);
  return left;
}

export interface Endowment {
  readonly symbol: string;
  readonly quantity: Decimal;
  /** Their cost basis in dollars. */
  readonly cost: Decimal;
}

/** An unknown symbol becomes an asset that no longer trades, such as shares in escrow. */
export function endow(state: ExchangeState, { symbol, quantity, cost }: Endowment, today: string): void {
  if (!state.assets.has(symbol)) state.assets.set(symbol, delisted(symbol));
  extend(state, symbol, quantity, cost, today);
}

function delisted(symbol: string): AssetRecord {
  const never = { tradable: false, fractionable: false, marginable: false, shortable: false };
  return { id: uuidFor(`asset ${symbol}`), symbol, name: `${symbol} (delisted)`, exchange: "NYSE", status: "inactive", ...never };
}
