import type { Clock, Timer } from "../../domain/clock.ts";
import type { Halt } from "../halts.ts";
import { Collector } from "./collector.ts";
import type { DataConnection, Publishing } from "./data-connection.ts";
import type { StreamErrorCode } from "./stream-error.ts";
import { type Channel, expanded, type SymbolLimit } from "./subscriptions.ts";
import { statusMessage } from "./trading-status.ts";
import type { ShownMarket } from "./test-market.ts";

/** Trades and quotes come at multiples of this, bars at multiples of a minute. */
const STEP_MS = 500;
/** After a longer sleep of the machine, or a jump of its clock, the stream goes on from here. */
const LONGEST_STRETCH_MS = 60_000;
const CONNECTIONS_OF_AN_OWNER = 1;

export interface PublisherOptions {
  readonly clock: Clock;
  readonly shown: ShownMarket;
  /** How far the feed is behind the market, in milliseconds. */
  readonly delayMs: number;
  /** Why nobody may join, if so. */
  readonly obstacle: StreamErrorCode | undefined;
  readonly limit: SymbolLimit;
  /** Every symbol of the feed. */
  readonly all: () => Iterable<string>;
  /** Called with the symbols that a client has named. */
  readonly named: (symbols: readonly string[]) => void;
  /** Whether the feed is silent for now. */
  readonly isMute: () => boolean;
}

/** Sends one feed of a venue to all its connections. It works only while one of them is there. */
export class Publisher implements Publishing {
  readonly limit: SymbolLimit;
  readonly #options: PublisherOptions;
  readonly #collector: Collector;
  readonly #connections = new Map<DataConnection, string>();
  readonly #late = new Set<Timer>();
  #timer: Timer | undefined;
  #until = 0;

  constructor(options: PublisherOptions) {
    this.limit = options.limit;
    this.#options = options;
    this.#collector = new Collector(options.shown.market, options.shown.tape, options.shown.bars);
  }

  join(connection: DataConnection, owner: string): StreamErrorCode | undefined {
    if (this.#options.obstacle !== undefined) return this.#options.obstacle;
    const own = [...this.#connections.values()].filter((each) => each === owner);
    if (own.length >= CONNECTIONS_OF_AN_OWNER) return 406;
    this.#connections.set(connection, owner);
    if (this.#timer === undefined) {
      this.#until = this.#now;
      this.#schedule();
    }
    return undefined;
  }

  leave(connection: DataConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#rest();
  }

  /** What the tape says from now on is new to the client. */
  subscribed(symbols: readonly string[]): void {
    this.#options.named(symbols);
    this.publish();
  }

  /** Sends what is new up to now. */
  publish(): void {
    if (this.#connections.size === 0) return;
    const now = this.#now;
    const from = Math.min(now, Math.max(this.#until, now - LONGEST_STRETCH_MS));
    this.#until = now;
    const { all } = this.#options;
    this.#deliver(this.#collector.collect({ of: (channel) => this.#wanted(channel), all }, from, now));
  }

  announce(halt: Halt): void {
    const timer = this.#options.clock.after(this.#options.delayMs, () => {
      this.#late.delete(timer);
      const { all, shown } = this.#options;
      const symbols = [...expanded(this.#wanted("statuses"), all)];
      const concerned = symbols.filter((symbol) => halt.symbol === undefined || symbol === halt.symbol);
      const channel = "statuses" as const;
      this.#deliver(concerned.map((symbol) => ({ channel, symbol, message: statusMessage(symbol, shown.market.tapeOf(symbol), halt) })));
    });
    this.#late.add(timer);
  }

  fail(code: StreamErrorCode): void {
    for (const connection of this.#connections.keys()) connection.fail(code);
  }

  drop(): void {
    for (const connection of this.#connections.keys()) connection.drop();
    this.#rest();
  }

  #deliver(publications: Parameters<DataConnection["deliver"]>[0]): void {
    if (publications.length === 0 || this.#options.isMute()) return;
    for (const connection of this.#connections.keys()) connection.deliver(publications);
  }

  *#wanted(channel: Channel): Generator<string> {
    for (const { subscriptions } of this.#connections.keys()) yield* subscriptions.of(channel);
  }

  #schedule(): void {
    this.#timer = this.#options.clock.after(STEP_MS - (this.#options.clock.now() % STEP_MS), () => {
      this.publish();
      if (this.#connections.size > 0) this.#schedule();
    });
  }

  #rest(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const timer of this.#late) timer.cancel();
    this.#late.clear();
    this.#collector.reset();
  }

  get #now(): number {
    return this.#options.clock.now() - this.#options.delayMs;
  }
}
