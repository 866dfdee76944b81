import type { Clock } from "../domain/clock.ts";
import { toText, ZERO, type Decimal } from "../domain/decimal.ts";
import type { ExchangeState } from "./account-state.ts";
import { checkAsset, checkBuyingPower, checkClientOrderId, checkHolding, checkMinimum, checkWashTrade } from "./admission.ts";
import type { Valuation } from "./buying-power.ts";
import { isFractional, type OrderRequest, readClientOrderId, readOrderRequest } from "./order-request.ts";
import { isOpen, type OrderRecord } from "./orders.ts";
import type { PriceBook } from "./prices.ts";
import type { Random } from "./random.ts";
import { unprocessable } from "./refusals.ts";
import { type MarketHours, newYorkDate, newYorkInstant } from "./sessions.ts";

/** Days after which the venue ends a good-till-cancelled order, at a quarter past four in New York. */
const LONGEST_LIFE_DAYS = 90;
const LONGEST_LIFE_TIME = "16:15";
const DAY_MS = 86_400_000;

export interface AdmissionContext {
  readonly clock: Clock;
  readonly hours: MarketHours;
  readonly prices: PriceBook;
  readonly random: Random;
  readonly state: ExchangeState;
  readonly valueOf: Valuation;
  readonly stamp: () => string;
  /** Dollars the order gate believes the account can pay, where a fault lets it lag. */
  readonly knownPower: () => Decimal | undefined;
}

/**
 * Checks an order as the venue does and creates its record; the book does not change.
 * @throws Refusal
 */
export function admit(context: AdmissionContext, body: Readonly<Record<string, unknown>>, replaces?: string): OrderRecord {
  const { state } = context;
  const request = readOrderRequest(body);
  const asset = checkAsset(state, request);
  const clientOrderId = request.clientOrderId ?? context.random.uuid();
  checkClientOrderId(state, clientOrderId);
  const referencePrice = referencePriceOf(context, request);
  const costBasis = checkMinimum(request, referencePrice);
  checkWashTrade(state, request);
  if (request.side === "sell") checkHolding(state, request, asset, referencePrice);
  else checkBuyingPower(state, request, costBasis, context.valueOf, context.knownPower());
  return recordOf(context, { ...request, clientOrderId }, asset.id, referencePrice, replaces);
}

/**
 * The request of a replacement order: the old order with the changed fields.
 * @throws Refusal when the order cannot be replaced.
 */
export function replacementBody(old: OrderRecord, change: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (!isOpen(old) || !["new", "accepted"].includes(old.status) || old.type !== "limit" || !old.filledQuantity.eq(ZERO)) {
    throw unprocessable("unable to replace order in current state");
  }
  if (old.quantity === undefined || isFractional(old)) throw unprocessable("fractional orders cannot be replaced");
  return {
    symbol: old.symbol,
    side: old.side,
    type: old.type,
    time_in_force: change.time_in_force ?? old.timeInForce,
    qty: change.qty ?? toText(old.quantity),
    limit_price: change.limit_price ?? (old.limitPrice === undefined ? undefined : toText(old.limitPrice)),
    client_order_id: readClientOrderId(change.client_order_id),
  };
}

/**
 * Opposite side of the quote while the market is open, latest trade while it is closed; a limit or stop price if
 * there is one.
 */
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
  replaces: string | undefined,
): OrderRecord {
  const now = context.clock.now();
  const createdAt = context.stamp();
  return {
    ...request,
    id: context.random.uuid(),
    assetId,
    referencePrice,
    replaces,
    createdAt,
    submittedAt: context.stamp(),
    updatedAt: createdAt,
    expiresAt: request.timeInForce === "day" ? context.hours.nextClose(now) : endOfLongestLife(now),
    status: context.hours.isOpen(now) ? "pending_new" : "accepted",
    filledQuantity: ZERO,
    filledValue: ZERO,
    filledAt: undefined,
    canceledAt: undefined,
    expiredAt: undefined,
    failedAt: undefined,
    replacedAt: undefined,
    replacedBy: undefined,
    triggered: request.stopPrice === undefined,
    slicesLeft: undefined,
    stepAt: undefined,
    cancelAt: undefined,
  };
}

function endOfLongestLife(now: number): number {
  return newYorkInstant(newYorkDate(now + LONGEST_LIFE_DAYS * DAY_MS), LONGEST_LIFE_TIME);
}
