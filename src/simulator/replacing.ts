import { toText, type Decimal } from "../domain/decimal.ts";
import { checkClientOrderId } from "./admission.ts";
import { checkExits, type Exits } from "./linked-orders.ts";
import { given, isFractional, type OrderBody, readAmount } from "./order-fields.ts";
import { legsOf, parentOf } from "./order-groups.ts";
import { checkTick, readClientOrderId } from "./order-request.ts";
import { isOpen, type OrderRecord } from "./orders.ts";
import type { AdmissionContext, Admitted } from "./placing.ts";
import { malformed, unprocessable } from "./refusals.ts";
import { refuseInstructions } from "./unsupported-order.ts";

/**
 * The request of a replacement order: the old order with the changed fields. Its quantity includes what the old
 * order has filled, as Alpaca counts it.
 * @throws Refusal when the order cannot be replaced.
 */
export function replacementBody(old: OrderRecord, change: OrderBody): OrderBody {
  checkChange(old, change);
  const trail = given(change.trail);
  return {
    symbol: old.symbol,
    side: old.side,
    type: old.type,
    time_in_force: given(change.time_in_force) ?? old.timeInForce,
    qty: given(change.qty) ?? textOf(old.quantity),
    limit_price: given(change.limit_price) ?? textOf(old.limitPrice),
    stop_price: given(change.stop_price) ?? textOf(old.stopPrice),
    trail_price: old.trailPrice === undefined ? undefined : (trail ?? textOf(old.trailPrice)),
    trail_percent: old.trailPercent === undefined ? undefined : (trail ?? textOf(old.trailPercent)),
    extended_hours: old.extendedHours,
    client_order_id: readClientOrderId(change.client_order_id),
  };
}

/** Whether it is one of two orders of which only one can fill, so that its shares are counted once for both. */
export function isExit({ orderClass, parentId }: OrderRecord): boolean {
  return parentId !== undefined || orderClass === "oco";
}

/**
 * An exit with other prices; size and time in force are those of its group. It is held where the old one was.
 * @throws Refusal when it would be on the wrong side of the other exit or of the market.
 */
export function replacedExit(context: AdmissionContext, old: OrderRecord, change: OrderBody): Admitted {
  const { clock, random, state, valueOf } = context;
  checkChange(old, change);
  if (given(change.time_in_force) !== undefined && change.time_in_force !== old.timeInForce)
    throw unprocessable(`time_in_force of ${old.orderClass ?? ""} orders cannot be replaced`);
  const limitPrice = priceOf(change, "limit_price", old.limitPrice);
  const stopPrice = priceOf(change, "stop_price", old.stopPrice);
  const clientOrderId = readClientOrderId(change.client_order_id) ?? random.uuid();
  checkClientOrderId(state, clientOrderId);
  const now = context.stamp();
  const status = old.status === "held" ? "held" : context.hours.isOpen(clock.now()) ? "pending_new" : "accepted";
  const order: OrderRecord = {
    ...old,
    ...{ limitPrice, stopPrice, clientOrderId, status },
    ...{ id: random.uuid(), replaces: old.id, createdAt: now, submittedAt: now, updatedAt: now },
    ...{ stepAt: undefined, cancelAt: undefined, triggered: stopPrice === undefined, slicesLeft: undefined },
    referencePrice: limitPrice ?? stopPrice ?? old.referencePrice,
  };
  checkExits(exitsWith(context, old, order), order.side, { limit: undefined, market: valueOf(order.symbol) }, "oco");
  return { order, legs: [] };
}

/** The exits of the group, with `order` in the place of `old`. */
function exitsWith({ state }: AdmissionContext, old: OrderRecord, order: OrderRecord): Exits {
  const parent = parentOf(state, old);
  const group = [parent, ...legsOf(state, parent)].filter(isExit).map((each) => (each === old ? order : each));
  const stop = group.find(({ stopPrice }) => stopPrice !== undefined);
  const takeProfit = group.find(({ stopPrice }) => stopPrice === undefined)?.limitPrice;
  return { takeProfit, stopLoss: stop?.stopPrice === undefined ? undefined : { stopPrice: stop.stopPrice, limitPrice: stop.limitPrice } };
}

/** @throws Refusal for a price that the order does not have, or one finer than the venue quotes. */
function priceOf(change: OrderBody, field: "limit_price" | "stop_price", before: Decimal | undefined): Decimal | undefined {
  const asked = checkTick(readAmount(change[field], field), field);
  if (asked !== undefined && before === undefined) throw malformed(`the order has no ${field}`);
  return asked ?? before;
}

/** Only an order that is at the exchange, `new` or `partially_filled`, or held next to one that is, can be replaced. @throws Refusal */
export function checkReplaceable(old: OrderRecord): void {
  if (!isOpen(old)) throw unprocessable("unable to replace order, order is not open");
  if (old.status === "pending_cancel") throw unprocessable("order pending cancel");
  if (old.status === "accepted" || old.status === "pending_new")
    throw malformed("unable to replace order, order isn't sent to exchange yet");
  if (old.notional !== undefined) throw unprocessable("notional orders cannot be replaced");
}

function checkChange(old: OrderRecord, change: OrderBody): void {
  refuseInstructions(change);
  if (given(change.notional) !== undefined) throw unprocessable("notional can be replaced for ipo orders only");
  if (given(change.trail) !== undefined && old.type !== "trailing_stop")
    throw unprocessable("trail can be replaced for trailing_stop orders only");
  const quantity = readAmount(change.qty, "qty");
  if (quantity === undefined || (old.quantity !== undefined && quantity.eq(old.quantity))) return;
  if (isFractional(old)) throw unprocessable("qty of fractional orders cannot be replaced");
  if (old.orderClass !== undefined) throw unprocessable(`qty of ${old.orderClass} orders cannot be replaced`);
  if (isFractional({ quantity, notional: undefined })) throw malformed("qty must be integer");
  if (quantity.lte(old.filledQuantity)) throw unprocessable("unable to replace order, qty must be > filled_qty");
}

function textOf(amount: Decimal | undefined): string | undefined {
  return amount === undefined ? undefined : toText(amount);
}
