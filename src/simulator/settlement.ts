import { truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import type { ExchangeState } from "./account-state.ts";
import { uuidFor } from "./random.ts";
import type { AssetRecord } from "./assets.ts";
import type { OrderRecord } from "./orders.ts";

const COST_DECIMALS = 13;

/** Books one execution exactly: order, cash and position. The caller sets the order's status. */
export function bookFill(state: ExchangeState, order: OrderRecord, price: Decimal, quantity: Decimal, today: string): Decimal {
  const value = price.times(quantity);
  order.filledQuantity = order.filledQuantity.plus(quantity);
  order.filledValue = order.filledValue.plus(value);
  state.cash = order.side === "buy" ? state.cash.minus(value) : state.cash.plus(value);
  return order.side === "buy" ? addShares(state, order.symbol, quantity, value, today) : takeShares(state, order.symbol, quantity);
}

function addShares(state: ExchangeState, symbol: string, quantity: Decimal, value: Decimal, today: string): Decimal {
  const position = state.positions.get(symbol) ?? { symbol, quantity: ZERO, cost: ZERO, openedOn: today };
  position.quantity = position.quantity.plus(quantity);
  position.cost = position.cost.plus(value);
  state.positions.set(symbol, position);
  return position.quantity;
}

/** @throws Error when it would sell more than is held, which the checks at the order's arrival rule out. */
function takeShares(state: ExchangeState, symbol: string, quantity: Decimal): Decimal {
  const position = state.positions.get(symbol);
  if (position === undefined || quantity.gt(position.quantity)) throw new Error(`A fill would sell ${symbol} short.`);
  const left = position.quantity.minus(quantity);
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
  addShares(state, symbol, quantity, cost, today);
}

function delisted(symbol: string): AssetRecord {
  const never = { tradable: false, fractionable: false, marginable: false, shortable: false };
  return { id: uuidFor(`asset ${symbol}`), symbol, name: `${symbol} (delisted)`, exchange: "NYSE", status: "inactive", ...never };
}
