import { toText, truncate, SHARE_DECIMALS, ZERO, type Decimal } from "../domain/decimal.ts";
import type { Activity, SplitRecord } from "./account-state.ts";
import { type OrderRecord, remainingQuantity } from "./orders.ts";
import { newYorkClock, newYorkDate } from "./sessions.ts";
import { millisOf } from "./timestamps.ts";

/** The activity of one execution. Its id begins with New York's time, as recorded ones do since 2021. */
export function fillActivity(order: OrderRecord, price: Decimal, quantity: Decimal, stamp: string, executionId: string): Activity {
  const complete = order.status === "filled";
  return {
    id: `${digitsOf(newYorkClock(instantOf(stamp)))}::${executionId}`,
    activity_type: "FILL",
    transaction_time: stamp,
    type: complete ? "fill" : "partial_fill",
    price: toText(price),
    qty: toText(quantity),
    side: order.shortIntent === "sell_to_open" ? "sell_short" : order.side,
    symbol: order.symbol,
    leaves_qty: complete ? "0" : toText(truncate(remainingQuantity(order, price), SHARE_DECIMALS)),
    order_id: order.id,
    cum_qty: toText(order.filledQuantity),
    order_status: order.status,
  };
}

/** A deposit (CSD) or withdrawal (CSW). */
export function transferActivity(amount: Decimal, stamp: string, id: string): Activity {
  const isWithdrawal = amount.lt(ZERO);
  return nonTradeActivity(isWithdrawal ? "CSW" : "CSD", stamp, id, {
    net_amount: toText(amount),
    description: isWithdrawal ? "Withdrawal" : "Deposit",
  });
}

/** The fee of a regulator (sub-type REG). */
export function feeActivity(amount: Decimal, stamp: string, id: string): Activity {
  const description = `REG fee on ${newYorkDate(instantOf(stamp))}`;
  return nonTradeActivity("FEE", stamp, id, { activity_sub_type: "REG", net_amount: toText(ZERO.minus(amount)), description });
}

/** `qty` is the change of the holding. */
export function splitActivity(split: SplitRecord, change: Decimal, stamp: string, id: string): Activity {
  return nonTradeActivity("SPLIT", stamp, id, {
    date: split.date,
    symbol: split.symbol,
    qty: toText(change),
    net_amount: "0",
    description: `Split ${toText(split.newRate)} for ${toText(split.oldRate)}`,
  });
}

/** What is not a trade has a date without a time, in its id too, so ids of one day are in no order of time. */
function nonTradeActivity(activity_type: string, stamp: string, id: string, details: Readonly<Record<string, string>>): Activity {
  const today = newYorkDate(instantOf(stamp));
  return {
    id: `${digitsOf(today).padEnd("yyyymmddhhmmssSSS".length, "0")}::${id}`,
    activity_type,
    date: today,
    created_at: stamp,
    ...details,
    currency: "USD",
    status: "executed",
  };
}

function instantOf(stamp: string): number {
  return millisOf(stamp) ?? 0;
}

function digitsOf(text: string): string {
  return text.replace(/\D/g, "");
}
