import type { MarketPrices } from "../../domain/broker.ts";
import { messageOf } from "../../domain/errors.ts";
import type { MarketWatch } from "../loop/market-watch.ts";
import type { OpenExecution } from "../loop/open-execution.ts";
import type { Moment, AccountSnapshot } from "../preparation/account-snapshot.ts";
import { ageOf, momentOf } from "../preparation/account-snapshot.ts";
import { SETTLE_PAUSE_MS } from "../preparation/settle.ts";

/** A limit is taken from prices that were asked for this lately; older ones are asked for again. */
const PRICES_MAX_AGE_MS = 1_500;

/** The quotes that orders of limit style are priced from: those of the plan while they are new, then its own. */
export class QuoteBook {
  readonly #execution: OpenExecution;
  readonly #market: MarketWatch;
  readonly #seen = new Map<string, { readonly prices: MarketPrices; readonly at: Moment }>();

  constructor(execution: OpenExecution, market: MarketWatch) {
    this.#execution = execution;
    this.#market = market;
  }

  /** What was asked for later counts. @param at before they were asked for. */
  saw(prices: AccountSnapshot["prices"], at: Moment): void {
    for (const [symbol, each] of prices) {
      const seen = this.#seen.get(symbol);
      if (seen === undefined || seen.at.monotonic <= at.monotonic) this.#seen.set(symbol, { prices: each, at });
    }
  }

  of(symbol: string): MarketPrices | undefined {
    return this.#seen.get(symbol)?.prices;
  }

  /** Whether prices of all of these are there that are new enough, after one look at the venue. A symbol without any is known too. */
  async isRecent(symbols: readonly string[]): Promise<boolean> {
    const { broker, clock, stopping } = this.#execution.parts;
    const old = symbols.filter((symbol) => this.isOld(symbol));
    if (old.length === 0) return true;
    const at = momentOf(clock);
    try {
      const prices = await this.#execution.unlessStopping(broker.prices(old));
      for (const symbol of old) this.#seen.delete(symbol);
      this.saw(prices, at);
      return true;
    } catch (error) {
      const text = `The quotes cannot be read, so nothing is priced: ${messageOf(error)}`;
      this.#execution.emit({ kind: "waiting", level: "warn", recurs: true, text });
      await clock.sleep(SETTLE_PAUSE_MS, stopping);
      return false;
    }
  }

  /** The venue's time, which tells what is of this session. Nothing is sent while its clock is unknown. */
  time(): number {
    return this.#market.time ?? this.#execution.parts.clock.now();
  }

  isOld(symbol: string): boolean {
    const seen = this.#seen.get(symbol);
    return seen === undefined || ageOf(seen.at, this.#execution.parts.clock) > PRICES_MAX_AGE_MS;
  }
}
