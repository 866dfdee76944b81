import { decimal, decimalFromNumber, max, ONE, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import type { ExchangeState } from "./account-state.ts";
import { closes, heldQuantity, isOpen, type OrderRecord, reservedValue } from "./orders.ts";

/** The price used to value a position of this symbol; zero for one without a price. */
export type Valuation = (symbol: string) => Decimal;

const PERCENT = decimal("0.01");
/** Dollars of equity below which an account gets no margin. */
const SMALLEST_MARGIN_EQUITY = decimal("2000");

export function openOrders(state: ExchangeState): OrderRecord[] {
  return [...state.orders.values()].filter(isOpen);
}

export function marketValue(state: ExchangeState, valueOf: Valuation): Decimal {
  return sum([...state.positions.values()].map(({ symbol, quantity }) => quantity.times(valueOf(symbol))));
}

/** What short positions are worth, a negative amount. */
export function shortValue(state: ExchangeState, valueOf: Valuation): Decimal {
  const short = [...state.positions.values()].filter(({ quantity }) => quantity.lt(ZERO));
  return sum(short.map(({ symbol, quantity }) => quantity.times(valueOf(symbol))));
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

/**
 * Own money not tied up in stock, before open orders: the limit for cost × requirement of a purchase or short sale.
 * What a short sale brought is cash and what it owes is a negative value, so the requirement comes on top of both.
 */
export function marginExcess(state: ExchangeState, valueOf: Valuation): Decimal {
  const positions = [...state.positions.values()].filter(({ quantity }) => quantity.lt(ZERO) || state.settings.maxMarginMultiplier !== "1");
  const free = positions.map(({ symbol, quantity }) => {
    const requirement = requirementOf(state, symbol);
    const own = quantity.lt(ZERO) ? ONE.plus(requirement) : ONE.minus(requirement);
    return quantity.times(valueOf(symbol)).times(own);
  });
  return state.cash.plus(sum(free));
}

/** Every open order that opens a position reduces it; the others add nothing until they fill. */
export function buyingPower(state: ExchangeState, valueOf: Valuation): Decimal {
  const reserved = openOrders(state).map((order) => reservedValue(order).times(requirementOf(state, order.symbol)));
  return max(marginExcess(state, valueOf).minus(sum(reserved)).times(multiplierOf(state)), ZERO);
}

/** Buying power a purchase uses: its cost, or more for a symbol with a higher requirement. */
export function takenByPurchase(state: ExchangeState, symbol: string, cost: Decimal): Decimal {
  return cost.times(requirementOf(state, symbol)).times(multiplierOf(state));
}

/** Whether the account may sell short: its settings allow it, it is on margin, and its equity is large enough. */
export function mayShort(state: ExchangeState, valueOf: Valuation): boolean {
  const { maxMarginMultiplier, noShorting } = state.settings;
  if (noShorting || maxMarginMultiplier === "1") return false;
  return state.cash.plus(marketValue(state, valueOf)).gte(SMALLEST_MARGIN_EQUITY);
}

/** Shares of a position that open orders will close, and those orders. */
export function heldShares(state: ExchangeState, symbol: string, except?: OrderRecord): { quantity: Decimal; orderIds: string[] } {
  const holding = openOrders(state).filter(
    (order) => order.symbol === symbol && closes(order) && order.status !== "held" && order !== except,
  );
  return { quantity: sum(holding.map(heldQuantity)), orderIds: holding.map(({ id }) => id) };
}

function multiplierOf({ settings }: ExchangeState): Decimal {
  return decimal(settings.maxMarginMultiplier);
}
