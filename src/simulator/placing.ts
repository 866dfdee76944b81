import type { OrderBook } from "./order-entry.ts";
import { ZERO, HUNDRED, parseDecimal, SHARE_DECIMALS, truncate, type Decimal } from "../domain/decimal.ts";
import { checkAsset, checkBuyingPower, checkClientOrderId, checkHolding, checkMinimum, checkWashTrade, symbolNamed } from "./admission.ts";
import { isWhole, type OrderBody } from "./order-fields.ts";
import { readOrderRequest } from "./order-request.ts";
import type { OrderRecord, OrderRequest } from "./orders.ts";
import { malformed } from "./refusals.ts";
import { DAY_MS, newYorkDate, newYorkInstant } from "./sessions.ts";

/** Days after which the venue ends a good-till-cancelled order, at a quarter past four in New York. */
const LONGEST_LIFE_DAYS = 90;
const LONGEST_LIFE_TIME = "16:15";

export interface AdmissionContext extends OrderBook {
  readonly stamp: () => string;
  /** Dollars the order gate believes the account can pay, where a fault lets it lag. */
  readonly knownPower: () => Decimal | undefined;
}

/**
 * Checks an order as the venue does and creates its record; the book does not change.
 * @param old the order that it replaces: what that has filled counts as filled.
 * @throws Refusal
 */
export function admit(context: AdmissionContext, body: OrderBody, old?: OrderRecord): OrderRecord {
  const { state } = context;
  const asked = readOrderRequest(body);
  const whole = { ...asked, symbol: symbolNamed(state, asked.symbol) };
  const request = { ...whole, quantity: whole.quantity?.minus(old?.filledQuantity ?? ZERO) };
  const asset = checkAsset(state, request);
  const clientOrderId = request.clientOrderId ?? context.random.uuid();
  checkClientOrderId(state, clientOrderId);
  const referencePrice = referencePriceOf(context, request);
  const costBasis = checkMinimum(request, referencePrice);
  checkWashTrade(state, request);
  if (request.side === "sell") checkHolding(state, request, asset, referencePrice);
  else checkBuyingPower(state, request, costBasis, context.valueOf, context.knownPower());
  return recordOf(context, { ...whole, clientOrderId }, asset.id, referencePrice, old);
}

/** Opposite side of the quote while the market is open, latest trade while it is closed; a limit or stop price if there is one. */
function referencePriceOf(context: AdmissionContext, request: OrderRequest): Decimal {
  const own = request.limitPrice ?? request.stopPrice;
  if (own !== undefined) return own;
  const now = context.clock.now();
  const lastTrade = context.valueOf(request.symbol);
  const quote = context.hours.isOpen(now) ? context.prices.quote(request.symbol, now) : undefined;
  const farSide = request.side === "buy" ? quote?.ask : quote?.bid;
  return farSide?.gt(ZERO) === true ? farSide : lastTrade;
}

function recordOf(
  context: AdmissionContext,
  request: OrderRequest & { readonly clientOrderId: string },
  assetId: string,
  referencePrice: Decimal,
  old: OrderRecord | undefined,
): OrderRecord {
  const now = context.clock.now();
  const createdAt = context.stamp();
  return {
    ...request,
    id: context.random.uuid(),
    assetId,
    referencePrice,
    replaces: old?.id,
    createdAt,
    submittedAt: createdAt,
    updatedAt: createdAt,
    expiresAt: request.timeInForce === "day" ? context.hours.nextClose(now) : endOfLongestLife(now),
    status: context.hours.isOpen(now) ? "pending_new" : "accepted",
    filledQuantity: old?.filledQuantity ?? ZERO,
    filledValue: old?.filledValue ?? ZERO,
    triggered: request.stopPrice === undefined,
  };
}

function endOfLongestLife(now: number): number {
  return newYorkInstant(newYorkDate(now + LONGEST_LIFE_DAYS * DAY_MS), LONGEST_LIFE_TIME);
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
