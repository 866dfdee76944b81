import type { Broker, MarketClock } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { messageOf } from "../domain/errors.ts";
import type { AccountReading } from "../reporting/account-reading.ts";
import { readAccountNow } from "../reporting/account-reading.ts";
import type { EquityHistories } from "../reporting/curve-ranges.ts";
import { readEquityHistories } from "../reporting/curve-ranges.ts";
import { Remembered } from "./remembered.ts";

/** How the broker is reached: the daemon's own connection, or one that is opened for looking. */
export interface BrokerAccess {
  /** For people: `"Alpaca paper"`. */
  readonly name: string;
  read<Answer>(ask: (broker: Broker) => Promise<Answer>): Promise<Answer>;
  close(): Promise<void>;
}

/** What was asked of the broker; without an answer, `problems` say why. */
export interface Seen<Answer> {
  readonly value: Answer | undefined;
  readonly problems: readonly string[];
}

/** The account costs five requests; Alpaca allows 200 a minute, and orders come first. */
const ACCOUNT_AGE_MS = 8_000;
/** While an execution is under way the requests are left to it. */
const ACCOUNT_AGE_TRADING_MS = 30_000;
/** Four requests; windows of five minutes are not finer than this anyway. */
const HISTORY_AGE_MS = 60_000;
const MARKET_AGE_MS = 15_000;
/** A page that waits longer than this shows that the broker does not answer. */
const PATIENCE_MS = 4_000;

/**
 * The account as the dashboard sees it: a few seconds old, asked for by as many pages, scrapes and checks
 * as like. Failures are remembered like answers, so that a broker which is away is not asked all the time.
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

  /** @param trading an execution is under way. */
  account(trading: boolean): Promise<Seen<AccountReading>> {
    return this.#soon(this.#account.get(trading ? ACCOUNT_AGE_TRADING_MS : ACCOUNT_AGE_MS));
  }

  histories(): Promise<Seen<EquityHistories>> {
    return this.#soon(this.#histories.get(HISTORY_AGE_MS));
  }

  /** One request at most: for those who only ask whether the broker is there. */
  market(): Promise<Seen<MarketClock>> {
    return this.#soon(this.#market.get(MARKET_AGE_MS));
  }

  /** The account has been traded: what is known of it is out of date. */
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
