import type { Asset, OrderRequest, RefusalReason, SubmitAnswer } from "../domain/broker.ts";
import { max, ONE, toText, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import { valueOf, type Book } from "./book.ts";

/** Alpaca's smallest order, in dollars. */
const MINIMUM = ONE;
const FORBIDDEN = 40310000;
const UNPROCESSABLE = 42210000;

type Refused = Extract<SubmitAnswer, { kind: "refused" }>;

/** An order as the shadow account judges it. */
export interface Submission {
  readonly request: OrderRequest;
  readonly asset: Asset;
  /** Dollars a share that it would be filled at now. */
  readonly price: Decimal;
}

/** Why Alpaca would refuse the order, in its words; `undefined` when it would not. */
export function refusalOf({ request, asset, price }: Submission, book: Book): Refused | undefined {
  const cost = request.notional ?? valueOf(request.quantity ?? ZERO, request.limitPrice ?? price);
  return (
    assetRefusal(request, asset, book) ??
    minimumRefusal(request, cost) ??
    (request.side === "sell" ? sharesRefusal(request, price, book) : powerRefusal(cost, book))
  );
}

export function unknownAsset(symbol: string): Refused {
  return refused("unknown-asset", 422, `asset "${symbol}" not found`);
}

export function unpriced(symbol: string): Refused {
  return refused("trading-halt", 403, `trading in ${symbol} is temporarily unavailable: there is no quote and no trade of today`);
}

function assetRefusal(request: OrderRequest, { active, tradable, fractionable }: Asset, book: Book): Refused | undefined {
  const { symbol, side } = request;
  if (!active) return refused("not-tradable", 422, `asset ${symbol} is not active`);
  // Active and not tradable is Alpaca's "liquidation only".
  if (!tradable && !(side === "sell" && book.holdings.has(symbol)))
    return refused("not-tradable", 422, `asset "${symbol}" is not tradable`);
  return !fractionable && isFractional(request) ? refused("not-fractionable", 403, `asset "${symbol}" is not fractionable`) : undefined;
}

function isFractional({ quantity, notional }: OrderRequest): boolean {
  return notional !== undefined || (quantity !== undefined && !truncate(quantity, 0).eq(quantity));
}

function minimumRefusal({ notional }: OrderRequest, cost: Decimal): Refused | undefined {
  if (cost.gte(MINIMUM)) return undefined;
  return notional === undefined
    ? refused("below-minimum", 403, "cost basis must be >= minimal amount of order 1")
    : refused("below-minimum", 422, "notional amount must be >= 1.00");
}

function sharesRefusal({ symbol, quantity, notional }: OrderRequest, price: Decimal, book: Book): Refused | undefined {
  if (!book.holdings.has(symbol)) return refused("cannot-short", 403, "account is not allowed to short");
  const wanted = quantity ?? (notional ?? ZERO).div(price);
  const available = max(book.available(symbol), ZERO);
  if (wanted.lte(available)) return undefined;
  const message = `insufficient qty available for order (requested: ${toText(wanted)}, available: ${toText(available)})`;
  return { ...refused("insufficient-quantity", 403, message), available };
}

function powerRefusal(costBasis: Decimal, book: Book): Refused | undefined {
  const buyingPower = max(book.spendable, ZERO);
  if (costBasis.lte(buyingPower)) return undefined;
  return { ...refused("insufficient-buying-power", 403, "insufficient buying power"), buyingPower, costBasis };
}

function refused(reason: RefusalReason, status: 403 | 422, message: string): Refused {
  return { kind: "refused", reason, status, code: status === 403 ? FORBIDDEN : UNPROCESSABLE, message, requestId: undefined };
}
