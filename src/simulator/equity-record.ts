import type { Clock } from "../domain/clock.ts";
import { ZERO, type Decimal } from "../domain/decimal.ts";
import type { Closing, ExchangeState } from "./account-state.ts";
import { marketValue } from "./buying-power.ts";
import type { PriceBook } from "./prices.ts";
import { type MarketSession, sessionNear } from "./sessions.ts";

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
