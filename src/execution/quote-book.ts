import type { MarketPrices } from "../broker/broker.ts";
import { messageOf } from "../errors.ts";
import type { MarketWatch } from "./market-watch.ts";
import type { OpenExecution } from "./open-execution.ts";
import type { Moment, Reading } from "./reading.ts";
import { ageOf, momentOf } from "./reading.ts";
import { SETTLE_PAUSE_MS } from "./settle.ts";

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
  saw(prices: Reading["prices"], at: Moment): void {
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
    const old = symbols.filter((symbol) => this.#isOld(symbol));
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

  /**
   * The moment that ages of quotes are measured at: by our clock or by the venue's, whichever lies nearer to
   * the newest stamp, as in a plan (R10). What is really old is old by both.
   */
  time(): number {
    const ours = this.#execution.parts.clock.now();
    const venue = this.#market.time ?? ours;
    const stamps = [...this.#seen.values()].flatMap(({ prices }) => prices.quote?.at ?? []);
    const newest = stamps.length === 0 ? ours : Math.max(...stamps);
    return Math.abs(ours - newest) < Math.abs(venue - newest) ? ours : venue;
  }

  #isOld(symbol: string): boolean {
    const seen = this.#seen.get(symbol);
    return seen === undefined || ageOf(seen.at, this.#execution.parts.clock) > PRICES_MAX_AGE_MS;
  }
}
