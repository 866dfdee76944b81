import { toText, type Decimal } from "../domain/decimal.ts";
import { given, isFractional, type OrderBody, readAmount } from "./order-fields.ts";
import { readClientOrderId } from "./order-request.ts";
import { isOpen, type OrderRecord } from "./orders.ts";
import { malformed, unprocessable } from "./refusals.ts";
import { refuseInstructions } from "./unsupported-order.ts";

/**
 * The request of a replacement order: the old order with the changed fields. Its quantity includes what the old
 * order has filled, as Alpaca counts it.
 * @throws Refusal when the order cannot be replaced.
 */
export function replacementBody(old: OrderRecord, change: OrderBody): OrderBody {
  checkReplaceable(old);
  checkChange(old, change);
  return {
    symbol: old.symbol,
    side: old.side,
    type: old.type,
    time_in_force: given(change.time_in_force) ?? old.timeInForce,
    qty: given(change.qty) ?? textOf(old.quantity),
    limit_price: given(change.limit_price) ?? textOf(old.limitPrice),
    stop_price: given(change.stop_price) ?? textOf(old.stopPrice),
    client_order_id: readClientOrderId(change.client_order_id),
  };
}

/** Only an order that is at the exchange, `new` or `partially_filled`, can be replaced. */
function checkReplaceable(old: OrderRecord): void {
  if (!isOpen(old)) throw unprocessable("unable to replace order, order is not open");
  if (old.status === "pending_cancel") throw unprocessable("order pending cancel");
  if (old.status === "accepted" || old.status === "pending_new")
    throw malformed("unable to replace order, order isn't sent to exchange yet");
  if (old.notional !== undefined) throw unprocessable("notional orders cannot be replaced");
}

function checkChange(old: OrderRecord, change: OrderBody): void {
  refuseInstructions(change);
  if (given(change.notional) !== undefined) throw unprocessable("notional can be replaced for ipo orders only");
  if (given(change.trail) !== undefined) throw unprocessable("trail can be replaced for trailing_stop orders only");
  const quantity = readAmount(change.qty, "qty");
  if (quantity === undefined || (old.quantity !== undefined && quantity.eq(old.quantity))) return;
  if (isFractional(old)) throw unprocessable("qty of fractional orders cannot be replaced");
  if (isFractional({ quantity, notional: undefined })) throw malformed("qty must be integer");
  if (quantity.lte(old.filledQuantity)) throw unprocessable("unable to replace order, qty must be > filled_qty");
}

function textOf(amount: Decimal | undefined): string | undefined {
  return amount === undefined ? undefined : toText(amount);
}
