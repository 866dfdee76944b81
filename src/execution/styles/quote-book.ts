import type { MarketPrices } from "../../domain/broker.ts";
import { messageOf } from "../../domain/errors.ts";
import type { MarketWatch } from "../loop/market-watch.ts";
import type { OpenExecution } from "../loop/open-execution.ts";
import type { ClockReading, AccountSnapshot } from "../preparation/account-snapshot.ts";
import { ageOf, readClocks } from "../preparation/account-snapshot.ts";
import { OutagePause } from "../preparation/outage-pause.ts";

/** Maximum age of prices for a limit; older ones are requested again. */
const PRICES_MAX_AGE_MS = 1_500;

/** Quotes for pricing limit-style orders: the plan's while they are recent, then its own. */
export class QuoteBook {
  readonly #execution: OpenExecution;
  readonly #market: MarketWatch;
  readonly #outage = new OutagePause();
  readonly #seen = new Map<string, { readonly prices: MarketPrices; readonly at: ClockReading }>();

  constructor(execution: OpenExecution, market: MarketWatch) {
    this.#execution = execution;
    this.#market = market;
  }

  /** The later request counts. @param at time before the request. */
  saw(prices: AccountSnapshot["prices"], at: ClockReading): void {
    for (const [symbol, each] of prices) {
      const seen = this.#seen.get(symbol);
      if (seen === undefined || seen.at.monotonic <= at.monotonic) this.#seen.set(symbol, { prices: each, at });
    }
  }

  of(symbol: string): MarketPrices | undefined {
    return this.#seen.get(symbol)?.prices;
  }

  /** Whether recent prices of all of these are available, after at most one request. A symbol without prices counts as known. */
  async isRecent(symbols: readonly string[]): Promise<boolean> {
    const { broker, clock, stopping } = this.#execution.parts;
    const old = symbols.filter((symbol) => this.isOld(symbol));
    if (old.length === 0) return true;
    const at = readClocks(clock);
    try {
      const prices = await this.#execution.unlessStopping(broker.prices(old));
      for (const symbol of old) this.#seen.delete(symbol);
      this.saw(prices, at);
      this.#outage.end();
      return true;
    } catch (error) {
      const text = `Nothing is priced because the quotes cannot be read: ${messageOf(error)}`;
      this.#execution.emit({ kind: "waiting", level: "warn", recurs: true, text });
      await clock.sleep(this.#outage.afterFailure(), stopping);
      return false;
    }
  }

  /** The venue's time, which defines the session. Nothing is sent while its clock is unknown. */
  time(): number {
    return this.#market.time ?? this.#execution.parts.clock.now();
  }

  isOld(symbol: string): boolean {
    const seen = this.#seen.get(symbol);
    return seen === undefined || ageOf(seen.at, this.#execution.parts.clock) > PRICES_MAX_AGE_MS;
  }
}
