import type { Broker, MarketClock } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { messageOf } from "../domain/errors.ts";
import { readAccountNow, type AccountReading } from "../reporting/account-reading.ts";
import { readEquityHistories, type EquityHistories } from "../reporting/curve-ranges.ts";
import { Remembered } from "./remembered.ts";

/** How the broker is reached: the daemon's own connection, or one opened for reading. */
export interface BrokerAccess {
  /** For people: `"Alpaca paper"`. */
  readonly name: string;
  read<Answer>(ask: (broker: Broker) => Promise<Answer>): Promise<Answer>;
  close(): Promise<void>;
}

/** The broker's answer; without one, `problems` say why. */
export interface Seen<Answer> {
  readonly value: Answer | undefined;
  readonly problems: readonly string[];
}

/** The account costs five requests; Alpaca allows 200 a minute, and orders come first. */
const ACCOUNT_AGE_MS = 8_000;
/** During an execution the requests are left to it. */
const ACCOUNT_AGE_TRADING_MS = 30_000;
/** Four requests; windows of five minutes are not finer anyway. */
const HISTORY_AGE_MS = 60_000;
const MARKET_AGE_MS = 15_000;
/** After this wait the page shows that the broker does not answer. */
const PATIENCE_MS = 4_000;

/**
 * The account for the dashboard: a few seconds old, shared by all pages, scrapes and checks. Failures are cached
 * like answers, so that an unreachable broker is not requested all the time.
 */
export class BrokerView {
  readonly #access: BrokerAccess;
  readonly #clock: Clock;
  readonly #account: Remembered<Seen<AccountReading>>;
  readonly #histories: Remembered<Seen<EquityHistories>>;
  readonly #market: Remembered<Seen<MarketClock>>;
  readonly #closing = new AbortController();

  constructor(access: BrokerAccess, clock: Clock) {
    this.#access = access;
    this.#clock = clock;
    this.#account = new Remembered(clock, () => this.#ask((broker) => readAccountNow(broker)));
    this.#market = new Remembered(clock, () => this.#ask((broker) => broker.marketClock()));
    this.#histories = new Remembered(clock, () => this.#askHistories());
  }

  get name(): string {
    return this.#access.name;
  }

  /** @param trading an execution is in progress. */
  account(trading: boolean): Promise<Seen<AccountReading>> {
    return this.#soon(this.#account.get(trading ? ACCOUNT_AGE_TRADING_MS : ACCOUNT_AGE_MS));
  }

  histories(): Promise<Seen<EquityHistories>> {
    return this.#soon(this.#histories.get(HISTORY_AGE_MS));
  }

  /** At most one request: for checks of whether the broker is reachable. */
  market(): Promise<Seen<MarketClock>> {
    return this.#soon(this.#market.get(MARKET_AGE_MS));
  }

  /** The account has been traded: cached data is out of date. */
  forgetAccount(): void {
    this.#account.forget();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#access.close();
  }

  async #ask<Answer>(ask: (broker: Broker) => Promise<Answer>): Promise<Seen<Answer>> {
    try {
      return { value: await this.#access.read(ask), problems: [] };
    } catch (error) {
      return { value: undefined, problems: [`${this.name} cannot be read: ${messageOf(error)}`] };
    }
  }

  async #askHistories(): Promise<Seen<EquityHistories>> {
    const read = await this.#ask((broker) => readEquityHistories(broker, this.#clock.now()));
    return { value: read.value?.histories, problems: [...read.problems, ...(read.value?.problems ?? [])] };
  }

  async #soon<Answer>(answer: Promise<Seen<Answer>>): Promise<Seen<Answer>> {
    const over = new AbortController();
    const limit = AbortSignal.any([over.signal, this.#closing.signal]);
    const late = this.#clock.sleep(PATIENCE_MS, limit).then(() => ({
      value: undefined,
      problems: [`${this.name} has not answered within ${String(PATIENCE_MS / 1_000)} s.`],
    }));
    try {
      return await Promise.race([answer, late]);
    } finally {
      over.abort();
    }
  }
}
