import type { Broker, MarketClock } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { messageOf } from "../domain/errors.ts";
import { readAccountNow, type AccountReading, type Readings } from "../reporting/account-reading.ts";
import { readEquityHistories, type EquityHistories } from "../reporting/curve-ranges.ts";

/** How the broker is reached: the daemon's own connection, or one opened for reading. */
export interface BrokerAccess {
  /** For people: `"Alpaca paper"`. */
  readonly name: string;
  read<Answer>(ask: (broker: Broker) => Promise<Answer>): Promise<Answer>;
  close(): Promise<void>;
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
  readonly #account: Remembered<Readings<AccountReading>>;
  readonly #histories: Remembered<Readings<EquityHistories>>;
  readonly #market: Remembered<Readings<MarketClock>>;
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
  account(trading: boolean): Promise<Readings<AccountReading>> {
    return this.#soon(this.#account.get(trading ? ACCOUNT_AGE_TRADING_MS : ACCOUNT_AGE_MS));
  }

  histories(): Promise<Readings<EquityHistories>> {
    return this.#soon(this.#histories.get(HISTORY_AGE_MS));
  }

  /** At most one request: for checks of whether the broker is reachable. */
  market(): Promise<Readings<MarketClock>> {
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

  async #ask<Answer>(ask: (broker: Broker) => Promise<Answer>): Promise<Readings<Answer>> {
    try {
      return { value: await this.#access.read(ask), problems: [] };
    } catch (error) {
      return { value: undefined, problems: [`${this.name} cannot be read: ${messageOf(error)}`] };
    }
  }

  async #askHistories(): Promise<Readings<EquityHistories>> {
    const read = await this.#ask((broker) => readEquityHistories(broker, this.#clock.now()));
    return { value: read.value?.histories, problems: [...read.problems, ...(read.value?.problems ?? [])] };
  }

  async #soon<Answer>(answer: Promise<Readings<Answer>>): Promise<Readings<Answer>> {
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

/** A cached answer: one request serves all waiting readers, and the answer is reused while it is fresh enough. */
export class Remembered<Answer> {
  readonly #clock: Clock;
  readonly #ask: () => Promise<Answer>;
  #known: { readonly answer: Answer; readonly at: number } | undefined;
  #asking: Promise<Answer> | undefined;
  #epoch = 0;

  constructor(clock: Clock, ask: () => Promise<Answer>) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** @param maxAgeMs an older answer is requested again. @throws the request's error; then nothing is cached. */
  get(maxAgeMs: number): Promise<Answer> {
    const known = this.#known;
    if (known !== undefined && this.#clock.monotonic() - known.at <= maxAgeMs) return Promise.resolve(known.answer);
    this.#asking ??= this.#askOnce(this.#epoch);
    return this.#asking;
  }

  /** The cached answer, and any request in progress, is out of date. */
  forget(): void {
    this.#epoch += 1;
    this.#known = undefined;
    this.#asking = undefined;
  }

  async #askOnce(epoch: number): Promise<Answer> {
    try {
      const answer = await this.#ask();
      if (epoch === this.#epoch) this.#known = { answer, at: this.#clock.monotonic() };
      return answer;
    } finally {
      if (epoch === this.#epoch) this.#asking = undefined;
    }
  }
}
