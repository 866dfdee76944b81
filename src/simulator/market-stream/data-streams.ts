import type { Exchange } from "../exchange.ts";
import type { MarketData } from "../market-data.ts";
import { DATA_FEEDS, type DataFeed } from "./feeds.ts";
import { Publisher } from "./publisher.ts";
import type { StreamErrorCode } from "./stream-error.ts";
import { TEST_SYMBOL, testMarket } from "./test-market.ts";

/** Channels of trades and quotes on the free plan. */
const MOST_ON_THE_FREE_PLAN = 30;

export interface DataStreamsOptions {
  readonly exchange: Exchange;
  readonly marketData: MarketData;
  /** Whether the account pays for data of all exchanges. */
  readonly paid: boolean;
  readonly isMute: () => boolean;
}

/** The market-data streams of one venue. A feed is set up for its first client. */
export class DataStreams {
  readonly #options: DataStreamsOptions;
  readonly #publishers = new Map<DataFeed, Publisher>();
  readonly #stopListening: readonly (() => void)[];

  constructor(options: DataStreamsOptions) {
    this.#options = options;
    const { exchange } = options;
    this.#stopListening = [
      exchange.onChanged(() => this.#each((publisher) => publisher.publish())),
      exchange.onHalt((halt) => {
        for (const [feed, publisher] of this.#publishers) if (feed !== "test") publisher.announce(halt);
      }),
    ];
  }

  publisher(feed: DataFeed): Publisher {
    const known = this.#publishers.get(feed) ?? (feed === "test" ? this.#testPublisher() : this.#stockPublisher(feed));
    this.#publishers.set(feed, known);
    return known;
  }

  /** Tells every client of every feed why, and drops it. */
  fail(code: StreamErrorCode): void {
    this.#each((publisher) => publisher.fail(code));
  }

  drop(): void {
    this.#each((publisher) => publisher.drop());
  }

  close(): void {
    for (const stop of this.#stopListening) stop();
    this.drop();
  }

  #stockPublisher(feed: DataFeed): Publisher {
    const { exchange, isMute, marketData, paid } = this.#options;
    const { bars, tape } = marketData;
    const { delayMs, paid: mustPay } = DATA_FEEDS[feed];
    const all = (): Iterable<string> => exchange.state.assets.keys();
    return new Publisher({
      clock: exchange.clock,
      shown: { market: exchange, tape, bars },
      delayMs,
      obstacle: mustPay && !paid ? 409 : undefined,
      limit: { most: paid ? Infinity : MOST_ON_THE_FREE_PLAN, all: exchange.state.assets.size },
      all,
      named: (symbols) => exchange.use(symbols),
      isMute,
    });
  }

  #testPublisher(): Publisher {
    const { exchange, isMute } = this.#options;
    return new Publisher({
      clock: exchange.clock,
      shown: testMarket(exchange.seed),
      delayMs: 0,
      obstacle: undefined,
      limit: { most: Infinity, all: 1 },
      all: () => [TEST_SYMBOL],
      named: () => undefined,
      isMute,
    });
  }

  #each(act: (publisher: Publisher) => void): void {
    for (const publisher of this.#publishers.values()) act(publisher);
  }
}
