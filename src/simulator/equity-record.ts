import type { Clock } from "../domain/clock.ts";
import { ZERO, decimal, sum, type Decimal } from "../domain/decimal.ts";
import type { Closing, ExchangeState, Activity } from "./account-state.ts";
import { marketValue } from "./buying-power.ts";
import type { PriceBook } from "./prices.ts";
import { type MarketSession, sessionNear } from "./sessions.ts";
import { millisOf } from "./timestamps.ts";

/**
 * Equity at the end of each session, computed on request. The result equals that of a timer at each close, if it
 * is computed before holdings change.
 */
export class EquityRecord {
  readonly #state: ExchangeState;
  readonly #prices: PriceBook;
  readonly #clock: Clock;

  constructor(state: ExchangeState, prices: PriceBook, clock: Clock) {
    this.#state = state;
    this.#prices = prices;
    this.#clock = clock;
  }

  recordCloses(): void {
    const { closings } = this.#state;
    const now = this.#clock.now();
    const last = closings.at(-1)?.at ?? now;
    for (let session = sessionNear(last, 1); session.close <= now; session = sessionNear(session.close, 1)) {
      const stock = marketValue(this.#state, (symbol) => this.#prices.trade(symbol, session.close)?.price ?? ZERO);
      closings.push({ date: session.date, at: session.close, equity: this.#state.cash.plus(stock) });
    }
  }

  /** Of the session before the current or most recent one. */
  previousClosing(): Closing {
    this.recordCloses();
    const { closings } = this.#state;
    const begun = this.#latestBegun();
    const closing = closings.findLast(({ at }) => at <= begun.open) ?? closings[0];
    if (closing === undefined) throw new Error("An account starts with a closing.");
    return closing;
  }

  lastdayPrice(symbol: string): Decimal {
    return this.#prices.trade(symbol, sessionNear(this.#latestBegun().open, -1).close)?.price ?? ZERO;
  }

  /** New York date of the current or most recent session. */
  today(): string {
    return this.#latestBegun().date;
  }

  #latestBegun(): MarketSession {
    const now = this.#clock.now();
    const session = sessionNear(now, 1);
    return session.open <= now ? session : sessionNear(now, -1);
  }
}

/**
 * The account's value at past times. Starts from today's cash and shares and reverses every later fill, transfer
 * and split, so nothing needs recording as time passes.
 * @param times milliseconds since the epoch, in ascending order.
 */
export function equityAt(state: ExchangeState, prices: PriceBook, times: readonly number[]): Decimal[] {
  const past = new PastHoldings(state);
  return [...times]
    .reverse()
    .map((time) => {
      past.goBackTo(time);
      return past.value((symbol) => prices.trade(symbol, time)?.price ?? ZERO);
    })
    .reverse();
}

export function activityAt({ transaction_time, created_at }: Activity): number {
  return millisOf(transaction_time ?? created_at ?? "") ?? 0;
}

class PastHoldings {
  #cash: Decimal;
  readonly #shares: Map<string, Decimal>;
  readonly #activities: { readonly at: number; readonly activity: Activity }[];

  constructor(state: ExchangeState) {
    this.#cash = state.cash;
    this.#shares = new Map([...state.positions.values()].map(({ symbol, quantity }) => [symbol, quantity]));
    this.#activities = state.activities.map((activity) => ({ at: activityAt(activity), activity }));
  }

  goBackTo(time: number): void {
    for (let last = this.#activities.at(-1); last !== undefined && last.at > time; last = this.#activities.at(-1)) {
      this.#takeBack(last.activity);
      this.#activities.pop();
    }
  }

  value(priceOf: (symbol: string) => Decimal): Decimal {
    const stock = [...this.#shares]
      .filter(([, quantity]) => !quantity.eq(ZERO))
      .map(([symbol, quantity]) => quantity.times(priceOf(symbol)));
    return this.#cash.plus(sum(stock));
  }

  #takeBack({ activity_type, net_amount, price, qty, side, symbol = "" }: Activity): void {
    const shares = decimal(qty ?? "0");
    if (activity_type !== "FILL") {
      this.#cash = this.#cash.minus(decimal(net_amount ?? "0"));
      this.#add(symbol, shares.neg());
      return;
    }
    const value = shares.times(decimal(price ?? "0"));
    this.#cash = side === "buy" ? this.#cash.plus(value) : this.#cash.minus(value);
    this.#add(symbol, side === "buy" ? shares.neg() : shares);
  }

  #add(symbol: string, shares: Decimal): void {
    this.#shares.set(symbol, (this.#shares.get(symbol) ?? ZERO).plus(shares));
  }
}
