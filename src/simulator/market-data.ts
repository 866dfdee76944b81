import { barPage, type BarPage } from "./bar-pages.ts";
import { checkTerms } from "./bar-query.ts";
import { BarMaker } from "./bars.ts";
import type { Exchange } from "./exchange.ts";
import { listOf } from "./parameters.ts";
import { Refusal } from "./refusals.ts";
import { Tape } from "./tape.ts";
import { tickPage } from "./tick-pages.ts";
import { dataTimeOf, rangeOf } from "./time-range.ts";
import { type Answer, ok, pathRest, type RouteRequest } from "./wire.ts";

const LATEST_KINDS = ["trades", "quotes", "bars"] as const;
const TICK_KINDS = ["trades", "quotes"] as const;
const SINGULAR = { trades: "trade", quotes: "quote", bars: "bar" } as const;

type LatestKind = (typeof LATEST_KINDS)[number];
type TickKind = (typeof TICK_KINDS)[number];
type Of<T> = (symbol: string, at: number) => T | undefined;

/** The server's market data, `/v2/stocks/…`. */
export class MarketData {
  readonly bars: BarMaker;
  readonly tape: Tape;
  readonly #exchange: Exchange;
  readonly #sip: boolean;

  /** @param sip whether the account pays for recent data of all exchanges. */
  constructor(exchange: Exchange, sip: boolean) {
    this.#exchange = exchange;
    this.#sip = sip;
    this.bars = new BarMaker(exchange);
    this.tape = new Tape(exchange);
  }

  /** `undefined` for an unknown path. @throws Refusal */
  route({ method, path, query }: RouteRequest): Answer | undefined {
    const rest = pathRest(path, "/v2/stocks/");
    if (method !== "GET" || rest === undefined) return undefined;
    checkTerms(query);
    if (rest === "bars") return ok(this.#barPage(this.#symbols(query), query));
    if (rest === "snapshots") return ok(this.#perSymbol(this.#symbols(query), query, (symbol, at) => this.#snapshot(symbol, at)));
    const ticks = TICK_KINDS.find((kind) => rest === kind);
    if (ticks !== undefined) return ok(this.#ticks(ticks, this.#symbols(query), query));
    const latest = LATEST_KINDS.find((kind) => rest === `${kind}/latest`);
    if (latest !== undefined) return ok({ [latest]: this.#perSymbol(this.#symbols(query), query, this.#latest(latest)) });
    return this.#single(rest, query);
  }

  #single(rest: string, query: URLSearchParams): Answer | undefined {
    const [symbol = "", ...names] = rest.split("/");
    const name = names.join("/");
    if (name === "bars") {
      const { bars, next_page_token } = this.#barPage([symbol], query);
      return ok({ bars: bars[symbol] ?? [], symbol, next_page_token });
    }
    if (name === "snapshot") return ok({ symbol, ...this.#perSymbol([symbol], query, (each, at) => this.#snapshot(each, at))[symbol] });
    const ticks = TICK_KINDS.find((each) => name === each);
    if (ticks !== undefined) {
      const page = this.#ticks(ticks, [symbol], query);
      return ok({ ...page, [ticks]: (page[ticks] as Record<string, object[]>)[symbol] ?? [], symbol });
    }
    const kind = LATEST_KINDS.find((each) => name === `${each}/latest`);
    if (kind === undefined) return undefined;
    const found = this.#perSymbol([symbol], query, this.#latest(kind))[symbol];
    if (found === undefined) throw new Refusal(404, { message: `no ${SINGULAR[kind]} found for ${symbol}` });
    return ok({ symbol, [SINGULAR[kind]]: found });
  }

  /** A symbol without data is missing from the answer, not an error. */
  #perSymbol<T>(symbols: readonly string[], query: URLSearchParams, of: Of<T>): Record<string, T> {
    const at = dataTimeOf(query, this.#now, this.#sip);
    return Object.fromEntries(
      symbols.map((symbol) => [symbol, of(symbol, at)]).filter((entry): entry is [string, T] => entry[1] !== undefined),
    );
  }

  #latest(kind: LatestKind): Of<object> {
    switch (kind) {
      case "trades":
        return (symbol, at) => this.tape.trade(symbol, at);
      case "quotes":
        return (symbol, at) => this.tape.quote(symbol, at);
      case "bars":
        return (symbol, at) => this.bars.latestMinuteBar(symbol, at);
    }
  }

  #snapshot(symbol: string, at: number): object | undefined {
    const latestTrade = this.tape.trade(symbol, at);
    if (latestTrade === undefined) return undefined;
    const days = this.bars.latestDays(at);
    return {
      latestTrade,
      latestQuote: this.tape.quote(symbol, at),
      minuteBar: this.bars.latestMinuteBar(symbol, at),
      dailyBar: this.bars.bar(symbol, days.current, at),
      prevDailyBar: this.bars.bar(symbol, days.previous, at),
    };
  }

  #barPage(symbols: readonly string[], query: URLSearchParams): BarPage {
    const { adjustsForSplits, state } = this.#exchange;
    const splits = adjustsForSplits ? state.splits : [];
    return barPage({ bars: this.bars, now: this.#now, sip: this.#sip, splits }, symbols, query);
  }

  #ticks(kind: TickKind, symbols: readonly string[], query: URLSearchParams): Record<string, unknown> {
    const now = this.#now;
    const range = rangeOf(query, now, this.#sip, this.bars.latestDays(now).current.from);
    const until = { ...range, end: Math.min(range.end, now) };
    const { ticks, next_page_token } = tickPage(this.tape, kind, until, symbols, query);
    return { [kind]: ticks, next_page_token };
  }

  /** @throws Refusal for the whole batch when one symbol is invalid. */
  #symbols(query: URLSearchParams): string[] {
    const symbols = symbolsOf(query);
    const invalid = symbols.find((symbol) => this.#exchange.feed.isInvalid(symbol));
    if (invalid !== undefined) throw new Refusal(400, { message: `code=400, message=invalid symbol: ${invalid}` });
    return symbols;
  }

  get #now(): number {
    return this.#exchange.clock.now();
  }
}

function symbolsOf(query: URLSearchParams): string[] {
  const symbols = listOf(query, "symbols");
  if (symbols.length === 0) throw new Refusal(400, { message: "symbols is required" });
  return symbols;
}
