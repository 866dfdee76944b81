import type { Broker, MarketPrices } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { ageOf, type ClockReading, readClocks } from "../execution/preparation/account-snapshot.ts";
import { SHAREABLE_WITHIN_MS } from "./shared-answer.ts";

/** Every account's own reading is as old as this at most when it prices an order. */
const MAX_AGE_MS = 1_000;

type Prices = Map<string, MarketPrices>;

interface Seen {
  readonly prices: MarketPrices;
  readonly at: ClockReading;
}

/**
 * Prices that one account reads for all. What it cannot read, does not read soon, or knows no price of, each account reads
 * for itself.
 */
export class SharedPrices {
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();
  readonly #readings = new Map<string, Promise<unknown>>();
  #reader: Broker | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on these keys read for all. */
  readWith(reader: Broker): void {
    this.#reader = reader;
  }

  /** @throws BrokerError when the account's own request fails. */
  async of(broker: Broker, symbols: readonly string[]): Promise<Prices> {
    if (this.#reader === undefined || broker === this.#reader) return this.#read(broker, symbols);
    const known = await this.#fromReader(this.#reader, symbols);
    const lacking = symbols.filter((symbol) => !known.has(symbol));
    const own = lacking.length === 0 ? [] : await broker.prices(lacking);
    return new Map([...known, ...own]);
  }

  async #read(broker: Broker, symbols: readonly string[]): Promise<Prices> {
    // As old as the request: the machine may sleep while the answer is on its way.
    const at = readClocks(this.#clock);
    const prices = await broker.prices(symbols);
    if (broker === this.#reader) for (const [symbol, each] of prices) this.#seen.set(symbol, { prices: each, at });
    return prices;
  }

  async #fromReader(reader: Broker, symbols: readonly string[]): Promise<Prices> {
    const before = this.#recent(symbols);
    const lacking = symbols.filter((symbol) => !before.has(symbol));
    if (lacking.length === 0) return before;
    this.#begin(
      reader,
      lacking.filter((symbol) => !this.#readings.has(symbol)),
    );
    const arrived = new AbortController();
    const readings = Promise.all(lacking.flatMap((symbol) => this.#readings.get(symbol) ?? []));
    await Promise.race([readings.then(() => arrived.abort()), this.#clock.sleep(SHAREABLE_WITHIN_MS, arrived.signal)]);
    return this.#recent(symbols);
  }

  /** Never rejects: who asked reads for itself then. */
  #begin(reader: Broker, symbols: readonly string[]): void {
    if (symbols.length === 0) return;
    const reading: Promise<unknown> = this.#read(reader, symbols)
      .catch(() => undefined)
      .finally(() => {
        for (const symbol of symbols) this.#readings.delete(symbol);
      });
    for (const symbol of symbols) this.#readings.set(symbol, reading);
  }

  #recent(symbols: readonly string[]): Prices {
    const recent: Prices = new Map();
    for (const symbol of symbols) {
      const seen = this.#seen.get(symbol);
      if (seen !== undefined && ageOf(seen.at, this.#clock) < MAX_AGE_MS) recent.set(symbol, seen.prices);
    }
    return recent;
  }
}
