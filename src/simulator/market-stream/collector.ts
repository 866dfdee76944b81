import { type BarMaker, LATE_TRADES_MS, MINUTE_MS } from "../bars.ts";
import type { Market } from "../market.ts";
import type { Tape, Tick, TickKind } from "../tape.ts";
import type { Publication } from "./data-connection.ts";
import { type Channel, expanded } from "./subscriptions.ts";

const TYPES = { trades: "t", quotes: "q", bars: "b", updatedBars: "u", dailyBars: "d" } as const;

/** What a feed's clients want, and of what. */
export interface Wanted {
  /** The symbols that anyone is subscribed to, `*` among them. */
  of(channel: Channel): Iterable<string>;
  /** What `*` stands for. */
  all(): Iterable<string>;
}

/** Everything that one feed says about a stretch of time, from the same tape and bars that HTTP answers with. */
export class Collector {
  readonly #market: Market;
  readonly #tape: Tape;
  readonly #bars: BarMaker;
  /** The newest of each kind and symbol that was said or had been made before anyone asked. */
  readonly #newest = new Map<string, string>();

  constructor(market: Market, tape: Tape, bars: BarMaker) {
    this.#market = market;
    this.#tape = tape;
    this.#bars = bars;
  }

  /** Forgets what it has said, when nobody listens any more. */
  reset(): void {
    this.#newest.clear();
  }

  /** What was made after `from` and not after `until`, by time. */
  collect(wanted: Wanted, from: number, until: number): Publication[] {
    return [
      ...this.#ticks("trades", wanted, from, until, (symbol) => this.#tape.lastTrade(symbol, until)),
      ...this.#ticks("quotes", wanted, from, until, (symbol) => this.#tape.lastQuote(symbol, until)),
      ...this.#barsOf(wanted, from, until),
    ];
  }

  /** With the newest one, if it is new: a price can be fixed at a time for which the tape was already read. */
  #ticks(
    kind: TickKind,
    wanted: Wanted,
    from: number,
    until: number,
    newestOf: (symbol: string) => Tick<object> | undefined,
  ): Publication[] {
    const found: { at: number; publication: Publication }[] = [];
    for (const symbol of expanded(wanted.of(kind), () => wanted.all())) {
      const newest = newestOf(symbol);
      if (newest === undefined) continue;
      const key = `${kind} ${symbol}`;
      const known = this.#newest.get(key);
      const text = JSON.stringify(newest.entry);
      const ticks: Tick<object>[] = [...this.#tape[kind](symbol, from + 1, until)];
      if (known !== undefined && known !== text && ticks.at(-1)?.at !== newest.at) ticks.push(newest);
      this.#newest.set(key, text);
      for (const { at, entry } of ticks)
        found.push({ at, publication: { channel: kind, symbol, message: { T: TYPES[kind], S: symbol, ...entry } } });
    }
    return found.sort((one, other) => one.at - other.at).map(({ publication }) => publication);
  }

  /** Minute bars at each full minute, with the day's bar so far; bars that a late trade has changed half a minute later. */
  #barsOf(wanted: Wanted, from: number, until: number): Publication[] {
    const spans = this.#bars.intradaySpans(1, from - LATE_TRADES_MS - MINUTE_MS, until, until);
    const within = (at: number): boolean => at > from && at <= until;
    return spans.flatMap((span) => [
      ...(within(span.end) ? this.#minute(wanted, span.end) : []),
      ...(within(span.end + LATE_TRADES_MS) ? this.#updated(wanted, span.end) : []),
    ]);
  }

  #minute(wanted: Wanted, end: number): Publication[] {
    const { current } = this.#bars.latestDays(end);
    return [
      ...this.#each("bars", wanted, (symbol) => this.#minuteBar(symbol, end, end)),
      ...(current.open < end && end <= current.close
        ? this.#each("dailyBars", wanted, (symbol) => this.#bars.bar(symbol, current, end))
        : []),
    ];
  }

  #updated(wanted: Wanted, end: number): Publication[] {
    return this.#each("updatedBars", wanted, (symbol) =>
      this.#market.feed.hasLateTrade(symbol, end - MINUTE_MS) ? this.#minuteBar(symbol, end, end + LATE_TRADES_MS) : undefined,
    );
  }

  #minuteBar(symbol: string, end: number, now: number): object | undefined {
    return this.#bars.bar(symbol, this.#bars.latestMinute(end), now);
  }

  #each(channel: "bars" | "updatedBars" | "dailyBars", wanted: Wanted, barOf: (symbol: string) => object | undefined): Publication[] {
    return [...expanded(wanted.of(channel), () => wanted.all())].flatMap((symbol) => {
      const bar = barOf(symbol);
      return bar === undefined ? [] : [{ channel, symbol, message: { T: TYPES[channel], S: symbol, ...bar } }];
    });
  }
}
