import type { Ledger } from "../../domain/ledger.ts";
import { marketDate } from "../../domain/market-day.ts";
import type { SplitRecord } from "../../domain/ledger/splits.ts";
import { sum, ZERO, type Decimal } from "../../domain/decimal.ts";
import type { PlanInput } from "../../portfolio/plan.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";

/** Current and last equity as if the broker had booked every split together with its price, in dollars. */
export interface BookedEquity {
  readonly equity: Decimal;
  readonly lastEquity: Decimal;
}

/**
 * The broker's two figures corrected for late bookings (R9): until it books a split it counts the old quantity at the
 * new price, and this may have been so at the last close even if the split is booked now. Where nobody saw that, as after a
 * day without this program, the figure that is nearer to the current equity is the right one.
 */
export function bookedEquity(
  { account, market, positions, prices }: AccountSnapshot,
  splits: PlanInput["splits"],
  ledger: Pick<Ledger, "splitsOf">,
): BookedEquity {
  const now = positions.map(({ symbol, quantity, marketValue }) => {
    const split = splits.get(symbol);
    if (split?.kind !== "split-unbooked") return ZERO;
    const price = prices.get(symbol)?.trade?.price;
    const value = price === undefined ? marketValue : quantity.times(price);
    return value.div(split.ratio).minus(marketValue);
  });
  const equity = account.equity.plus(sum(now));
  const today = marketDate(market.clock.timestamp);
  const late = positions.flatMap(({ symbol }) => {
    const close = prices.get(symbol)?.previousClose?.price;
    const open = ledger.splitsOf(symbol).filter((split) => mayHaveBeenOpen(split, today));
    return close === undefined ? [] : open.map((split) => ({ split, dollars: gainOf(split, close) }));
  });
  const seen = late.filter(({ split }) => wasSeenOpen(split, account));
  const surely = account.lastEquity.plus(sum(seen.map(({ dollars }) => dollars)));
  const perhaps = account.lastEquity.plus(sum(late.map(({ dollars }) => dollars)));
  const isNearer = perhaps.minus(equity).abs().lt(surely.minus(equity).abs());
  return { equity, lastEquity: isNearer ? perhaps : surely };
}

/** Whether the last close may have been between a split and its booking. */
function mayHaveBeenOpen({ session, bookedAt }: SplitRecord, today: string): boolean {
  return session < today && (bookedAt === undefined || marketDate(bookedAt) >= today);
}

/** Whether the split was not booked yet when it was seen on the day of the last close, or later. */
function wasSeenOpen({ foundAt, bookedAt }: SplitRecord, { balanceAsOf }: AccountSnapshot["account"]): boolean {
  return bookedAt === undefined || (foundAt !== bookedAt && marketDate(foundAt) >= (balanceAsOf ?? ""));
}

/** How many dollars more the shares are counted at once the split is booked. */
function gainOf({ quantity, ratio }: SplitRecord, close: Decimal): Decimal {
  const counted = quantity.times(close);
  return counted.div(ratio).minus(counted);
}
