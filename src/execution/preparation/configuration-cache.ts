import type { AccountConfiguration, Broker } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { Clock } from "../../domain/clock.ts";

/** The owner changes these switches by hand, so rarely; asking with every reading would spend the request budget. */
export const CONFIGURATION_MAX_AGE_MS = 180_000;
/** A switch that keeps something from being traded is asked for again soon: its owner may be changing it right now. */
const RESTRICTED_MAX_AGE_MS = 15_000;
/** After an answer that could not be read. */
const PAUSE_MS = 60_000;
/** A reading waits this long at most, as nothing in it depends on a switch that is as it was. */
const LONGEST_WAIT_MS = 2_000;

/**
 * The account's own switches, read beside the account and remembered for minutes. One that cannot be read stops
 * nothing: what was read last counts on, and before that nothing is known and the venue's answer to an order decides.
 */
export class ConfigurationCache {
  readonly #broker: Pick<Broker, "accountConfiguration">;
  readonly #clock: Clock;
  #known: AccountConfiguration | undefined;
  #hasTrouble = false;
  #trouble: string | undefined;
  #askAgainAt = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(broker: Pick<Broker, "accountConfiguration">, clock: Clock) {
    this.#broker = broker;
    this.#clock = clock;
  }

  async current(): Promise<AccountConfiguration | undefined> {
    if (this.#clock.monotonic() >= this.#askAgainAt) this.#asking ??= this.#ask();
    if (this.#asking !== undefined) await this.#bounded(this.#asking);
    return this.#known;
  }

  /** To be called when a switch keeps something from being traded. */
  askAgainSoon(): void {
    this.#askAgainAt = Math.min(this.#askAgainAt, this.#clock.monotonic() + RESTRICTED_MAX_AGE_MS);
  }

  /** To be called when an order was refused that the switches, as they are known, allow. */
  askAgain(): void {
    this.#askAgainAt = this.#clock.monotonic();
  }

  /** Why it cannot be read, to be said once; `undefined` when there is nothing new to say. */
  takeTrouble(): string | undefined {
    const trouble = this.#trouble;
    this.#trouble = undefined;
    return trouble;
  }

  async #ask(): Promise<void> {
    try {
      this.#known = await this.#broker.accountConfiguration();
      this.#askAgainAt = this.#clock.monotonic() + CONFIGURATION_MAX_AGE_MS;
      this.#hasTrouble = false;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#askAgainAt = this.#clock.monotonic() + PAUSE_MS;
      if (!this.#hasTrouble) this.#trouble = error.message;
      this.#hasTrouble = true;
    } finally {
      this.#asking = undefined;
    }
  }

  async #bounded(asking: Promise<void>): Promise<void> {
    asking.catch(() => undefined);
    const answered = new AbortController();
    try {
      await Promise.race([asking, this.#clock.sleep(LONGEST_WAIT_MS, answered.signal)]);
    } finally {
      answered.abort();
    }
  }
}
