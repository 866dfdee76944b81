import { decimal, decimalFromNumber, max, ONE, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import type { ExchangeState } from "./account-state.ts";
import { heldQuantity, isOpen, type OrderRecord, reservedValue } from "./orders.ts";

/** The price used to value a position of this symbol; zero for one without a price. */
export type Valuation = (symbol: string) => Decimal;

const PERCENT = decimal("0.01");

export function openOrders(state: ExchangeState): OrderRecord[] {
  return [...state.orders.values()].filter(isOpen);
}

export function marketValue(state: ExchangeState, valueOf: Valuation): Decimal {
  return sum([...state.positions.values()].map(({ symbol, quantity }) => quantity.times(valueOf(symbol))));
}

/**
 * The fraction of a symbol's value that the account must pay with its own money: 1 ÷ multiplier, or the symbol's
 * own requirement where that is higher, such as 100 % for a 3x fund.
 */
export function requirementOf(state: ExchangeState, symbol: string): Decimal {
  if (state.settings.maxMarginMultiplier === "1") return ONE;
  const usual = ONE.div(multiplierOf(state));
  const own = state.assets.get(symbol)?.marginRequirement;
  return own === undefined ? usual : max(usual, decimalFromNumber(own).times(PERCENT));
}

/** Own money not tied up in stock, before open orders: the limit for cost × requirement of a purchase. */
export function marginExcess(state: ExchangeState, valueOf: Valuation): Decimal {
  if (state.settings.maxMarginMultiplier === "1") return state.cash;
  const free = [...state.positions.values()].map(({ symbol, quantity }) =>
    quantity.times(valueOf(symbol)).times(ONE.minus(requirementOf(state, symbol))),
  );
  return state.cash.plus(sum(free));
}

/** Every open buy reduces it; open sells add nothing until they fill. */
export function buyingPower(state: ExchangeState, valueOf: Valuation): Decimal {
  const reserved = openOrders(state).map((order) => reservedValue(order).times(requirementOf(state, order.symbol)));
  return max(marginExcess(state, valueOf).minus(sum(reserved)).times(multiplierOf(state)), ZERO);
}

/** Buying power a purchase uses: its cost, or more for a symbol with a higher requirement. */
export function takenByPurchase(state: ExchangeState, symbol: string, cost: Decimal): Decimal {
  return cost.times(requirementOf(state, symbol)).times(multiplierOf(state));
}

/** Shares of a symbol reserved by open sells, and those orders. */
export function heldShares(state: ExchangeState, symbol: string, except?: OrderRecord): { quantity: Decimal; orderIds: string[] } {
  const holding = openOrders(state).filter((order) => order.symbol === symbol && order.side === "sell" && order !== except);
  return { quantity: sum(holding.map(heldQuantity)), orderIds: holding.map(({ id }) => id) };
}

function multiplierOf({ settings }: ExchangeState): Decimal {
  return decimal(settings.maxMarginMultiplier);
}
