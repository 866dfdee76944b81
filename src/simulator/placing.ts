import type { OrderBook } from "./order-book.ts";
import { ZERO, HUNDRED, decimal, max, parseDecimal, SHARE_DECIMALS, toText, truncate, type Decimal } from "../domain/decimal.ts";
import {
  checkAsset,
  checkBuyingPower,
  checkClientOrderId,
  checkHolding,
  checkMinimum,
  checkOtherSide,
  checkShortSale,
  checkWashTrade,
  isClosing,
  symbolNamed,
} from "./admission.ts";
import { checkExits, type Exits, firstOrderOf, readClass, readExits } from "./linked-orders.ts";
import { isWhole, type OrderBody } from "./order-fields.ts";
import { readOrderRequest } from "./order-request.ts";
import type { OrderRecord, OrderRequest } from "./orders.ts";
import { checkIntent, shortIntentOf } from "./position-intent.ts";
import { malformed, unprocessable } from "./refusals.ts";
import { stopPriceOf } from "./trailing.ts";
import { checkAuction, expiryOf, mayTrade } from "./trading-times.ts";
import { refuseUnsupported } from "./unsupported-order.ts";

/** A short sale is valued above the ask. */
const SHORT_SALE_CUSHION = decimal("1.03");

export interface AdmissionContext extends OrderBook {
  readonly stamp: () => string;
  /** Dollars the order gate believes the account can pay, where a fault lets it lag. */
  readonly knownPower: () => Decimal | undefined;
}

/** An order, and its exits, which wait for it. */
export interface Admitted {
  readonly order: OrderRecord;
  readonly legs: readonly OrderRecord[];
}

/**
 * Checks an order as the venue does and creates its record; the book does not change.
 * @param old the order that it replaces: what that has filled counts as filled, and it stays linked as that was.
 * @throws Refusal
 */
export function admit(context: AdmissionContext, body: OrderBody, old?: OrderRecord): Admitted {
  const { state } = context;
  refuseUnsupported(body);
  const orderClass = readClass(body);
  const asked = readOrderRequest(firstOrderOf(body, orderClass));
  const exits = orderClass === undefined ? undefined : readExits(body, asked, orderClass);
  const whole = { ...asked, symbol: symbolNamed(state, asked.symbol), orderClass: orderClass ?? old?.orderClass };
  const request = { ...whole, quantity: whole.quantity?.minus(old?.filledQuantity ?? ZERO) };
  const shortIntent = shortIntentOf(state, request);
  checkIntent(body, request.side, shortIntent);
  const asset = checkAsset(state, request);
  const clientOrderId = request.clientOrderId ?? context.random.uuid();
  checkClientOrderId(state, clientOrderId);
  checkAuction(request, context.hours, context.clock.now());
  const referencePrice = referencePriceOf(context, request);
  const costBasis = checkMinimum(request, referencePrice);
  checkStopPrice(context, request);
  if (exits !== undefined) checkLinks(context, request, exits);
  checkWashTrade(state, request);
  if (isClosing(state, request)) checkHolding(state, request, referencePrice);
  else {
    if (request.side === "sell") checkShortSale(state, request, asset, context.valueOf);
    checkOtherSide(state, request);
    checkBuyingPower(state, request, costBasis, context.valueOf, context.knownPower());
  }
  const order = recordOf(context, { ...whole, clientOrderId, shortIntent }, { assetId: asset.id, referencePrice }, old);
  const legs = exits === undefined ? [] : legsFor(context, order, exits);
  if (legs.length > 0) order.legIds = legs.map(({ id }) => id);
  return { order, legs };
}

/** Opposite side of the quote while the market is open, latest trade while it is closed; a limit or stop price if there is one. */
function referencePriceOf(context: AdmissionContext, request: OrderRequest): Decimal {
  const lastTrade = context.valueOf(request.symbol);
  const mark = request.type === "trailing_stop" ? { highWaterMark: lastTrade } : {};
  const own = request.limitPrice ?? stopPriceOf({ ...request, ...mark });
  const now = context.clock.now();
  const isShortSale = request.side === "sell" && !isClosing(context.state, request);
  if (own !== undefined && !isShortSale) return own;
  const quote = context.hours.isOpen(now) ? context.prices.quote(request.symbol, now) : undefined;
  const farSide = request.side === "buy" || isShortSale ? quote?.ask : quote?.bid;
  const price = farSide?.gt(ZERO) === true ? farSide : lastTrade;
  return isShortSale ? max(own ?? ZERO, price.times(SHORT_SALE_CUSHION)) : price;
}

/** @throws Refusal for a stop that the price has passed already. */
function checkStopPrice(context: AdmissionContext, { side, stopPrice, symbol }: OrderRequest): void {
  const market = context.valueOf(symbol);
  if (stopPrice === undefined || (side === "sell" ? stopPrice.lt(market) : stopPrice.gt(market))) return;
  throw unprocessable(`stop price must be ${side === "sell" ? "less" : "greater"} than current price`, {
    market_price: toText(market),
    stop_price: toText(stopPrice),
  });
}

/** @throws Refusal for exits without an entry, an entry that would close a position, or exits on the wrong side. */
function checkLinks(context: AdmissionContext, request: OrderRequest, exits: Exits): void {
  const { limitPrice: limit, orderClass = "oco", side, symbol } = request;
  const isExit = orderClass === "oco";
  if (isClosing(context.state, request) !== isExit) throw unprocessable(`${orderClass} orders must be ${isExit ? "exit" : "entry"} orders`);
  const exitSide = isExit ? side : oppositeOf(side);
  checkExits(exits, exitSide, { limit, market: context.valueOf(symbol) }, orderClass);
}

type Request = OrderRequest & Pick<OrderRecord, "clientOrderId" | "shortIntent">;

function recordOf(
  context: AdmissionContext,
  request: Request,
  own: Pick<OrderRecord, "assetId" | "referencePrice">,
  old: OrderRecord | undefined,
): OrderRecord {
  const now = context.clock.now();
  const createdAt = context.stamp();
  const expiresAt = expiryOf(request, context.hours, now);
  return {
    ...request,
    ...own,
    id: context.random.uuid(),
    replaces: old?.id,
    createdAt,
    submittedAt: createdAt,
    updatedAt: createdAt,
    expiresAt,
    status: context.hours.isOpen(now) || mayTrade({ ...request, expiresAt }, context.hours, now) ? "pending_new" : "accepted",
    filledQuantity: old?.filledQuantity ?? ZERO,
    filledValue: old?.filledValue ?? ZERO,
    triggered: request.stopPrice === undefined && request.type !== "trailing_stop",
    ...(request.type === "trailing_stop" && { highWaterMark: old?.highWaterMark ?? context.valueOf(request.symbol) }),
    ...(request.timeInForce === "fok" && { slicesLeft: 1 }),
  };
}

/** The exits of an order, which close what it opens; of an OCO order, which is a take-profit itself, its stop-loss. */
function legsFor(context: AdmissionContext, order: OrderRecord, { takeProfit, stopLoss }: Exits): OrderRecord[] {
  const isExit = order.orderClass === "oco";
  const side = isExit ? order.side : oppositeOf(order.side);
  const closesShort = side === "buy";
  const legOf = (prices: Pick<OrderRequest, "type" | "limitPrice" | "stopPrice">): OrderRecord => ({
    ...order,
    ...prices,
    id: context.random.uuid(),
    clientOrderId: context.random.uuid(),
    side,
    shortIntent: closesShort ? "buy_to_close" : undefined,
    parentId: order.id,
    referencePrice: prices.limitPrice ?? prices.stopPrice ?? order.referencePrice,
    status: "held",
    triggered: prices.stopPrice === undefined,
  });
  return [
    ...(takeProfit === undefined || isExit ? [] : [legOf({ type: "limit", limitPrice: takeProfit, stopPrice: undefined })]),
    ...(stopLoss === undefined ? [] : [legOf({ type: stopLoss.limitPrice === undefined ? "stop" : "stop_limit", ...stopLoss })]),
  ];
}

function oppositeOf(side: OrderRequest["side"]): OrderRequest["side"] {
  return side === "buy" ? "sell" : "buy";
}

/** A part of a position, in shares or percent; neither means the whole. */
export interface PositionPart {
  readonly quantity?: string;
  readonly percentage?: string;
}

/** The shares in a part of a position; whole shares if the position is whole. @throws Refusal */
export function sharesOf(whole: Decimal, part: PositionPart): Decimal {
  if (part.quantity !== undefined && part.percentage !== undefined) throw malformed("only one of qty or percentage is accepted");
  if (part.quantity !== undefined) return requiredAmount(part.quantity, "qty");
  if (part.percentage === undefined) return whole;
  const share = requiredAmount(part.percentage, "percentage");
  if (share.gt(HUNDRED)) throw malformed("percentage must be between 0 and 100");
  return truncate(whole.times(share).div(HUNDRED), isWhole(whole) ? 0 : SHARE_DECIMALS);
}

function requiredAmount(text: string, field: string): Decimal {
  const amount = parseDecimal(text);
  if (amount === undefined || amount.lte(ZERO)) throw malformed(`${field} must be greater than 0`);
  return amount;
}
