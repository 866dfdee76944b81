import type { Ledger } from "../../domain/ledger.ts";
import { marketDate } from "../../domain/market-day.ts";
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
 * new price, and this may have been so at the last close even if the split is booked now.
 */
export function bookedEquity(
  { account, market, positions, prices }: AccountSnapshot,
  splits: PlanInput["splits"],
  ledger: Pick<Ledger, "splitsOf">,
): BookedEquity {
  const today = marketDate(market.clock.timestamp);
  const now = positions.map(({ symbol, quantity, marketValue }) => {
    const split = splits.get(symbol);
    if (split?.kind !== "split-unbooked") return ZERO;
    const price = prices.get(symbol)?.trade?.price;
    const value = price === undefined ? marketValue : quantity.times(price);
    return value.div(split.ratio).minus(marketValue);
  });
  const then = positions.map(({ symbol }) => {
    const close = prices.get(symbol)?.previousClose?.price;
    const late = ledger.splitsOf(symbol).filter(({ session, bookedAt }) => {
      const closedBetween = session < today && (bookedAt === undefined || marketDate(bookedAt) >= today);
      return closedBetween && close !== undefined;
    });
    return sum(
      late.map(({ quantity, ratio }) =>
        quantity
          .times(close ?? ZERO)
          .div(ratio)
          .minus(quantity.times(close ?? ZERO)),
      ),
    );
  });
  return { equity: account.equity.plus(sum(now)), lastEquity: account.lastEquity.plus(sum(then)) };
}
