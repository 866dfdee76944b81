import type { AccountConfiguration, Broker } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { Clock } from "../../domain/clock.ts";

/** The owner changes these switches by hand, so rarely; reading them every time would use up the request budget. */
export const CONFIGURATION_MAX_AGE_MS = 180_000;
/** A switch that prevents a trade is read again soon: the owner may be changing it right now. */
const RESTRICTED_MAX_AGE_MS = 15_000;
/** After a failed read. */
const PAUSE_MS = 60_000;
/** Maximum wait of a snapshot, because nothing depends on an unchanged switch. */
const LONGEST_WAIT_MS = 2_000;

/** What a cache knows, for another one that goes on in its place. Instants are monotonic. */
export interface KnownConfiguration {
  readonly known: AccountConfiguration | undefined;
  readonly hasTrouble: boolean;
  readonly trouble: string | undefined;
  readonly askAgainAt: number;
}

/**
 * The account's own switches, read with the account and cached for minutes. A failed read stops nothing: the last
 * values still count, and without any the venue's answer to an order decides.
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

  get carried(): KnownConfiguration {
    return { known: this.#known, hasTrouble: this.#hasTrouble, trouble: this.#trouble, askAgainAt: this.#askAgainAt };
  }

  carryOn({ known, hasTrouble, trouble, askAgainAt }: KnownConfiguration): void {
    this.#known = known;
    this.#hasTrouble = hasTrouble;
    this.#trouble = trouble;
    this.#askAgainAt = askAgainAt;
  }

  async current(): Promise<AccountConfiguration | undefined> {
    if (this.#clock.monotonic() >= this.#askAgainAt) this.#asking ??= this.#ask();
    if (this.#asking !== undefined) await this.#bounded(this.#asking);
    return this.#known;
  }

  /** Call when a switch prevents a trade. */
  askAgainSoon(): void {
    this.#askAgainAt = Math.min(this.#askAgainAt, this.#clock.monotonic() + RESTRICTED_MAX_AGE_MS);
  }

  /** Call when an order was refused although the known switches allow it. */
  askAgain(): void {
    this.#askAgainAt = this.#clock.monotonic();
  }

  /** Why it cannot be read, reported once; `undefined` when there is nothing new. */
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
