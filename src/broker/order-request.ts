import { TraderError } from "../domain/errors.ts";
import type { Decimal } from "../domain/decimal.ts";
import { CENT_DECIMALS, ONE, SHARE_DECIMALS, toText, truncate, ZERO } from "../domain/decimal.ts";
import type { OrderRequest } from "../domain/broker.ts";

const MAX_CLIENT_ORDER_ID_LENGTH = 128;
/** For limits below a dollar. */
const SUB_DOLLAR_DECIMALS = 4;

/**
 * An order's amount in wire format, after the last check before sending. The SDK sends anything: without an id an
 * order could not be found again, and of two amounts it silently drops one.
 * @throws TraderError `invalid-order`; then nothing was sent.
 */
export function wireAmountOf(request: OrderRequest): { qty: string } | { notional: string } {
  const { clientOrderId, symbol, quantity, notional, limitPrice } = request;
  if (clientOrderId === "" || clientOrderId.length > MAX_CLIENT_ORDER_ID_LENGTH)
    throw invalid(request, "its client order id must have 1 to 128 characters");
  if (symbol === "") throw invalid(request, "it has no symbol");
  if (limitPrice !== undefined) checkLimit(request, limitPrice);
  if (quantity !== undefined && notional === undefined) return { qty: amountText(request, quantity, SHARE_DECIMALS) };
  if (notional !== undefined && quantity === undefined) return { notional: amountText(request, notional, CENT_DECIMALS) };
  throw invalid(request, "it must have either a quantity or a notional amount");
}

/** Type and limit of an order in wire format. */
export function wireTypeOf({ limitPrice }: OrderRequest): { type: "market" } | { type: "limit"; limitPrice: string } {
  return limitPrice === undefined ? { type: "market" } : { type: "limit", limitPrice: toText(limitPrice) };
}

/** The venue accepts no limit on a notional order, and none finer than a tick. */
function checkLimit(request: OrderRequest, limit: Decimal): void {
  if (request.quantity === undefined) throw invalid(request, "a limit order must have a quantity");
  const places = limit.gte(ONE) ? CENT_DECIMALS : SUB_DOLLAR_DECIMALS;
  if (limit.lte(ZERO) || !truncate(limit, places).eq(limit))
    throw invalid(request, `its limit ${toText(limit)} must be positive, with at most ${places} decimals`);
}

function amountText(request: OrderRequest, value: Decimal, places: number): string {
  if (value.gt(ZERO) && truncate(value, places).eq(value)) return toText(value);
  throw invalid(request, `its amount ${toText(value)} must be positive, with at most ${places} decimals`);
}

function invalid(request: OrderRequest, problem: string): TraderError {
  return new TraderError(`The order to ${request.side} "${request.symbol}" cannot be sent: ${problem}.`, {
    code: "invalid-order",
    hint: "This is a bug; nothing was sent.",
  });
}
