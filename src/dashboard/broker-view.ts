import type { Broker, MarketClock } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { messageOf } from "../domain/errors.ts";
import { readAccountNow, type AccountReading, type Readings } from "../reporting/account-reading.ts";
import { readEquityHistories, type EquityHistories } from "../reporting/curve-ranges.ts";
import type { BrokerReading } from "../reporting/shown-account.ts";

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
/** A page waits this long for a newer answer; then it shows what is known, and the answer when it comes. */
const PAGE_WAITS_MS = 400;

/** What is known of the broker right now. */
interface Known<Value> extends Readings<Value> {
  /** How long the request in progress has been waiting, in milliseconds; `undefined` when none is. */
  readonly waitingMs: number | undefined;
}

/**
 * The account for the dashboard: a few seconds old, shared by all pages, scrapes and checks. Failures are cached
 * like answers, so that an unreachable broker is not requested all the time. While an answer is late or missing, the
 * last good one stands, with its time.
 */
export class BrokerView {
  readonly #access: BrokerAccess;
  readonly #clock: Clock;
  readonly #benchmark: string | undefined;
  readonly #account: Remembered<Readings<AccountReading>>;
  readonly #histories: Remembered<Readings<EquityHistories>>;
  readonly #market: Remembered<Readings<MarketClock>>;
  #lastAccount: BrokerReading | undefined;
  #lastHistories: EquityHistories | undefined;
  #late = 0;
  readonly #awaited = new WeakSet<Promise<unknown>>();
  readonly #closing = new AbortController();

  /** @param benchmark BENCHMARK_SYMBOL; `undefined`: none. */
  constructor(access: BrokerAccess, clock: Clock, benchmark: string | undefined) {
    this.#access = access;
    this.#benchmark = benchmark;
    this.#clock = clock;
    this.#account = new Remembered(clock, () => this.#askAccount());
    this.#market = new Remembered(clock, () => this.#ask((broker) => broker.marketClock()));
    this.#histories = new Remembered(clock, () => this.#askHistories());
  }

  get name(): string {
    return this.#access.name;
  }

  /** How often an answer has come after a page had been shown without it. */
  get late(): number {
    return this.#late;
  }

  /** Waits up to four seconds for the newest answer. @param trading as for {@link account}. */
  async answered(trading: boolean): Promise<void> {
    await Promise.all([this.#soon(this.#account.get(maxAge(trading))), this.#soon(this.#histories.get(HISTORY_AGE_MS))]);
  }

  /** The newest account, never waited for long. @param trading an execution is in progress. */
  async account(trading: boolean): Promise<Known<BrokerReading>> {
    const { problems, waitingMs } = await this.#promptly(this.#account, maxAge(trading));
    return { value: this.#lastAccount, problems, waitingMs };
  }

  /** The newest histories, never waited for long. */
  async histories(): Promise<Known<EquityHistories>> {
    const { problems, waitingMs } = await this.#promptly(this.#histories, HISTORY_AGE_MS);
    return { value: this.#lastHistories, problems, waitingMs };
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

  async #askAccount(): Promise<Readings<AccountReading>> {
    const read = await this.#ask((broker) => readAccountNow(broker));
    if (read.value !== undefined) this.#lastAccount = { reading: read.value, at: this.#clock.now() };
    return read;
  }

  async #ask<Answer>(ask: (broker: Broker) => Promise<Answer>): Promise<Readings<Answer>> {
    try {
      return { value: await this.#access.read(ask), problems: [] };
    } catch (error) {
      return { value: undefined, problems: [`${this.name} cannot be read: ${messageOf(error)}`] };
    }
  }

  async #askHistories(): Promise<Readings<EquityHistories>> {
    const read = await this.#ask((broker) => readEquityHistories(broker, this.#clock.now(), { benchmark: this.#benchmark }));
    if (read.value !== undefined) this.#lastHistories = { ...this.#lastHistories, ...read.value.histories };
    return { value: read.value?.histories, problems: [...read.problems, ...(read.value?.problems ?? [])] };
  }

  async #promptly<Value>(remembered: Remembered<Readings<Value>>, maxAgeMs: number): Promise<Omit<Known<Value>, "value">> {
    const asked = remembered.get(maxAgeMs);
    const limit = new AbortController();
    const late = this.#clock.sleep(PAGE_WAITS_MS, AbortSignal.any([limit.signal, this.#closing.signal])).then(() => undefined);
    const answer = await Promise.race([asked, late]);
    limit.abort();
    if (answer !== undefined) return { problems: answer.problems, waitingMs: undefined };
    this.#noteWhenLate(asked);
    const waitingMs = remembered.waitingMs ?? 0;
    return { problems: waitingMs < PATIENCE_MS ? [] : [this.#silence(waitingMs)], waitingMs };
  }

  /** Once for each request, however many pages were shown without its answer. */
  #noteWhenLate(asked: Promise<unknown>): void {
    if (this.#awaited.has(asked)) return;
    this.#awaited.add(asked);
    const count = (): void => void (this.#late += 1);
    void asked.then(count, count);
  }

  #silence(ms: number): string {
    return `${this.name} has not answered for ${String(Math.floor(ms / 1_000))} s.`;
  }

  async #soon<Answer>(answer: Promise<Readings<Answer>>): Promise<Readings<Answer>> {
    const over = new AbortController();
    const limit = AbortSignal.any([over.signal, this.#closing.signal]);
    const late = this.#clock.sleep(PATIENCE_MS, limit).then(() => ({
      value: undefined,
      problems: [this.#silence(PATIENCE_MS)],
    }));
    try {
      return await Promise.race([answer, late]);
    } finally {
      over.abort();
    }
  }
}

function maxAge(trading: boolean): number {
  return trading ? ACCOUNT_AGE_TRADING_MS : ACCOUNT_AGE_MS;
}

/** A cached answer: one request serves all waiting readers, and the answer is reused while it is fresh enough. */
export class Remembered<Answer> {
  readonly #clock: Clock;
  readonly #ask: () => Promise<Answer>;
  #known: { readonly answer: Answer; readonly at: number } | undefined;
  #asking: Promise<Answer> | undefined;
  #askedAt = 0;
  #epoch = 0;

  constructor(clock: Clock, ask: () => Promise<Answer>) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** @param maxAgeMs an older answer is requested again. @throws the request's error; then nothing is cached. */
  get(maxAgeMs: number): Promise<Answer> {
    const known = this.#known;
    if (known !== undefined && this.#clock.monotonic() - known.at <= maxAgeMs) return Promise.resolve(known.answer);
    if (this.#asking === undefined) {
      this.#askedAt = this.#clock.monotonic();
      this.#asking = this.#askOnce(this.#epoch);
    }
    return this.#asking;
  }

  /** How long the request in progress has been waiting; `undefined` when none is. */
  get waitingMs(): number | undefined {
    return this.#asking === undefined ? undefined : this.#clock.monotonic() - this.#askedAt;
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
