import type { Decimal } from "../portfolio/money.ts";
import { decimal, max, sum, ZERO } from "../portfolio/money.ts";
import type { ExchangeState } from "./account-state.ts";
import { heldQuantity, isOpen, type OrderRecord, reservedValue } from "./orders.ts";

/** The price that a position of this symbol is valued at; zero for one without a price. */
export type Valuation = (symbol: string) => Decimal;

export function openOrders(state: ExchangeState): OrderRecord[] {
  return [...state.orders.values()].filter(isOpen);
}

export function marketValue(state: ExchangeState, valueOf: Valuation): Decimal {
  return sum([...state.positions.values()].map(({ symbol, quantity }) => quantity.times(valueOf(symbol))));
}

/** What the account may owe for stock right now, before open orders: equity × multiplier − stock held. */
export function purchasingLimit(state: ExchangeState, valueOf: Valuation): Decimal {
  const multiplier = decimal(state.settings.maxMarginMultiplier);
  const stock = marketValue(state, valueOf);
  return state.cash.plus(stock).times(multiplier).minus(stock);
}

/** Reduced by every open buy; open sells add nothing until they fill. */
export function buyingPower(state: ExchangeState, valueOf: Valuation): Decimal {
  const reserved = sum(openOrders(state).map(reservedValue));
  return max(purchasingLimit(state, valueOf).minus(reserved), ZERO);
}

/** Shares of a symbol that open sells have laid claim to, and those orders. */
export function heldShares(state: ExchangeState, symbol: string, except?: OrderRecord): { quantity: Decimal; orderIds: string[] } {
  const holding = openOrders(state).filter((order) => order.symbol === symbol && order.side === "sell" && order !== except);
  return { quantity: sum(holding.map(heldQuantity)), orderIds: holding.map(({ id }) => id) };
}
