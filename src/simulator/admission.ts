import { decimal, min, ONE, SHARE_DECIMALS, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import type { ExchangeState } from "./account-state.ts";
import type { AssetRecord } from "./assets.ts";
import { buyingPower, heldShares, mayShort, openOrders, takenByPurchase, type Valuation } from "./buying-power.ts";
import { isFractional } from "./order-fields.ts";
import { closes, type OrderRecord, type OrderRequest } from "./orders.ts";
import { canonicalId } from "./parameters.ts";
import { forbidden, insufficientBuyingPower, insufficientQuantity, malformed, notFound, unprocessable, washTrade } from "./refusals.ts";

const US_EQUITY = "us_equity";
const MINIMUM_DOLLARS = ONE;
/** A new symbol may have no price yet; its orders are worth nothing and refused as too small. */
const UNPRICED = decimal("0");

/** @throws Refusal when the account as a whole may not trade. */
export function checkAccount(state: ExchangeState): void {
  const { flags, settings } = state;
  if (flags.status !== "ACTIVE" || flags.accountBlocked || flags.tradingBlocked) throw forbidden("account is not authorized to trade");
  if (settings.suspendTrade) throw forbidden("new orders are rejected by user request");
}

/** @throws Refusal when the symbol is unknown, inactive, not tradable or not fractionable. */
export function checkAsset(state: ExchangeState, request: OrderRequest): AssetRecord {
  const asset = state.assets.get(request.symbol);
  if (asset === undefined) throw unprocessable(`asset "${request.symbol}" not found`);
  if (asset.status !== "active") throw malformed(`asset ${asset.symbol} is not active`);
  const closing = isClosing(state, request);
  // Active and not tradable is Alpaca's "liquidation only".
  if (!asset.tradable && !closing) throw unprocessable(`asset "${asset.symbol}" is not tradable`);
  if (request.side === "buy" && !closing && isBarredPartnership(state, asset))
    throw forbidden(`asset "${asset.symbol}" is not allowed to be purchased`);
  if (!isFractional(request)) return asset;
  if (!asset.fractionable) throw forbidden(`asset "${asset.symbol}" is not fractionable`);
  if (!state.settings.fractionalTrading) throw forbidden("fractional trading is disabled for this account");
  return asset;
}

/** Whether it can only reduce a position: one order never turns one around. */
export function isClosing(state: ExchangeState, { symbol, side }: Pick<OrderRequest, "symbol" | "side">): boolean {
  const held = state.positions.get(symbol)?.quantity ?? ZERO;
  return side === "buy" ? held.lt(ZERO) : held.gt(ZERO);
}

function isBarredPartnership({ settings }: ExchangeState, { attributes = [] }: AssetRecord): boolean {
  return attributes.includes("ptp_no_exception") && settings.ptpNoExceptionEntry !== true;
}

/** @throws Refusal when the id was ever used before, whatever happened to that order. */
export function checkClientOrderId(state: ExchangeState, clientOrderId: string): void {
  for (const order of state.orders.values()) if (order.clientOrderId === clientOrderId) throw malformed("client_order_id must be unique");
}

/** The order's value at `referencePrice`. @throws Refusal below one dollar; the wording depends on how the size was given. */
export function checkMinimum(request: OrderRequest, referencePrice: Decimal): Decimal {
  if (request.notional !== undefined) {
    if (request.notional.lt(MINIMUM_DOLLARS)) throw unprocessable("notional amount must be >= 1.00");
    return request.notional;
  }
  const costBasis = (request.quantity ?? UNPRICED).times(referencePrice);
  if (costBasis.lt(MINIMUM_DOLLARS)) throw forbidden("cost basis must be >= minimal amount of order 1");
  return costBasis;
}

/**
 * Refuses opposite open orders in one symbol, except two limit orders that cannot trade with each other, trailing
 * stops, and orders that are linked to others.
 * @throws Refusal naming the conflicting order.
 */
export function checkWashTrade(
  state: ExchangeState,
  request: Pick<OrderRequest, "symbol" | "side" | "type" | "limitPrice" | "orderClass">,
): void {
  if (isExempt(request)) return;
  for (const order of openOrders(state)) {
    if (order.symbol !== request.symbol || order.side === request.side || isExempt(order)) continue;
    if (isUnpriced(order.type)) throw washTrade(order.id, "market/stop");
    if (isUnpriced(request.type) || wouldTrade(request, order)) throw washTrade(order.id, "limit");
  }
}

/** @throws Refusal when the order exceeds the shares held, or owed, and not reserved by other orders. */
export function checkHolding(state: ExchangeState, request: OrderRequest, referencePrice: Decimal): void {
  const owned = (state.positions.get(request.symbol)?.quantity ?? ZERO).abs();
  const wanted = request.quantity ?? truncate((request.notional ?? ZERO).div(referencePrice), SHARE_DECIMALS);
  const held = heldShares(state, request.symbol);
  if (wanted.gt(owned.minus(held.quantity))) throw insufficientQuantity(request.symbol, wanted, owned, held.quantity, held.orderIds);
}

/** @throws Refusal when nothing is held and the account, or the asset, does not allow to sell it short. */
export function checkShortSale(state: ExchangeState, request: OrderRequest, asset: AssetRecord, valueOf: Valuation): void {
  if (isFractional(request)) throw unprocessable("fractional orders cannot be sold short");
  if (!asset.shortable) throw unprocessable(`asset "${asset.symbol}" cannot be sold short`);
  if (!mayShort(state, valueOf)) throw forbidden("account is not allowed to short");
}

/** An account holds a symbol either long or short. @throws Refusal when an open order would open the other side. */
export function checkOtherSide(state: ExchangeState, { side, symbol }: OrderRequest): void {
  const isOther = (order: OrderRecord): boolean => order.symbol === symbol && order.side !== side && !closes(order);
  if (!openOrders(state).some(isOther)) return;
  throw forbidden(
    side === "buy" ? "cannot open a long buy while a short sell order is open" : "cannot open a short sell while a long buy order is open",
  );
}

/**
 * @param known what the gate believes is available, which may lag; `undefined` for the true figure.
 * @throws Refusal when the open buys together would cost more than the account can pay.
 */
export function checkBuyingPower(
  state: ExchangeState,
  { symbol }: OrderRequest,
  costBasis: Decimal,
  valueOf: Valuation,
  known?: Decimal,
): void {
  const power = buyingPower(state, valueOf);
  const available = known === undefined ? power : min(power, known);
  if (takenByPurchase(state, symbol, costBasis).gt(available)) throw insufficientBuyingPower(available, costBasis);
}

/** @throws Refusal when there is no such order. */
export function existingOrder(state: ExchangeState, id: string): OrderRecord {
  const order = state.orders.get(canonicalId(id));
  if (order === undefined) throw notFound(`order not found for ${id}`);
  return order;
}

/** The symbol of an asset that is named by its id, or as `SPY:ARCA` or `SPY:ARCA:us_equity`; any other text is a symbol already. */
export function symbolNamed(state: ExchangeState, name: string): string {
  if (state.assets.has(name)) return name;
  const [symbol = "", exchange, assetClass = US_EQUITY] = name.split(":");
  if (exchange !== undefined && assetClass === US_EQUITY && state.assets.get(symbol)?.exchange === exchange) return symbol;
  const id = canonicalId(name);
  return [...state.assets.values()].find((asset) => asset.id === id)?.symbol ?? name;
}

function isExempt({ orderClass, type }: Pick<OrderRequest, "orderClass" | "type">): boolean {
  return orderClass !== undefined || type === "trailing_stop";
}

function isUnpriced(type: OrderRecord["type"]): boolean {
  return type === "market" || type === "stop";
}

function wouldTrade(request: Pick<OrderRequest, "side" | "limitPrice">, order: OrderRecord): boolean {
  const [buy, sell] = request.side === "buy" ? [request, order] : [order, request];
  return (buy.limitPrice ?? ZERO).gte(sell.limitPrice ?? ZERO);
}
