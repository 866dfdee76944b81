import { barLimit, checkTerms, timeframeOf } from "./bar-query.ts";
import { BarMaker, type BarSpan, minuteOf } from "./bars.ts";
import { type Bar, type Answer, ok, pathRest, type RouteRequest } from "./wire.ts";
import type { Exchange } from "./exchange.ts";
import { badParameter, choice, choices, listOf, optional } from "./parameters.ts";
import { merged, periodsOf, periodStart, type PeriodSpan } from "./period-bars.ts";
import { Refusal } from "./refusals.ts";
import { DAY_MS } from "./sessions.ts";
import { adjustedBar } from "./splits.ts";
import { millisOf, secondStamp, stampOf } from "./timestamps.ts";

/** A year, the longest timeframe. */
const LONGEST_PERIOD_MS = 366 * DAY_MS;
const RECENT_MS = 15 * 60_000;
const FEEDS = ["sip", "iex", "delayed_sip", "boats", "overnight", "otc"] as const;
const ADJUSTMENTS = ["raw", "split", "dividend", "spin-off", "all"] as const;
const LATEST_KINDS = ["trades", "quotes", "bars"] as const;
const SINGULAR = { trades: "trade", quotes: "quote", bars: "bar" } as const;
const EXCHANGE_CODE = "V";
/** The tape that reports an exchange's listings; all others are on tape B. */
const TAPES: Readonly<Record<string, string>> = { NYSE: "A", NASDAQ: "C" };
/** A page ends at about 256 KiB: a recorded one held this many of 10,000 bars. */
const MOST_BARS_OF_A_PAGE = 2_576;

type Span = BarSpan | PeriodSpan;
type Adjust = (symbol: string, bar: Bar, endedAt: number) => Bar;

type LatestKind = (typeof LATEST_KINDS)[number];

/** The server's market data, `/v2/stocks/…`. */
export class MarketData {
  readonly #exchange: Exchange;
  readonly #bars: BarMaker;
  readonly #sip: boolean;

  /** @param sip whether the account pays for recent data of all exchanges. */
  constructor(exchange: Exchange, sip: boolean) {
    this.#exchange = exchange;
    this.#bars = new BarMaker(exchange.prices, exchange.hours, exchange.givenBars);
    this.#sip = sip;
  }

  /** `undefined` for an unknown path. @throws Refusal */
  route({ method, path, query }: RouteRequest): Answer | undefined {
    const rest = pathRest(path, "/v2/stocks/");
    if (method !== "GET" || rest === undefined) return undefined;
    checkTerms(query);
    if (rest === "bars") return ok(this.#barPages(this.#symbols(query), query));
    if (rest === "snapshots") return ok(this.#perSymbol(this.#symbols(query), query, (symbol) => this.#snapshot(symbol)));
    for (const kind of LATEST_KINDS) {
      if (rest === `${kind}/latest`)
        return ok({ [kind]: this.#perSymbol(this.#symbols(query), query, (symbol) => this.#latest(kind, symbol)) });
    }
    return this.#single(rest, query);
  }

  #single(rest: string, query: URLSearchParams): Answer | undefined {
    const [symbol = "", ...names] = rest.split("/");
    const name = names.join("/");
    if (name === "bars") {
      const { bars, next_page_token } = this.#barPages([symbol], query);
      return ok({ bars: bars[symbol] ?? [], symbol, next_page_token });
    }
    if (name === "snapshot") return ok({ symbol, ...this.#perSymbol([symbol], query, (each) => this.#snapshot(each))[symbol] });
    const kind = LATEST_KINDS.find((each) => name === `${each}/latest`);
    if (kind === undefined) return undefined;
    const found = this.#perSymbol([symbol], query, (each) => this.#latest(kind, each))[symbol];
    if (found === undefined) throw new Refusal(404, { message: `no ${SINGULAR[kind]} found for ${symbol}` });
    return ok({ symbol, [SINGULAR[kind]]: found });
  }

  /** A symbol without data is missing from the answer, not an error. */
  #perSymbol<T>(symbols: readonly string[], query: URLSearchParams, of: (symbol: string) => T | undefined): Record<string, T> {
    if (choice(query, "feed", FEEDS, "iex") === "sip" && !this.#sip) throw noRecentData();
    return Object.fromEntries(
      symbols.map((symbol) => [symbol, of(symbol)]).filter((entry): entry is [string, T] => entry[1] !== undefined),
    );
  }

  #latest(kind: LatestKind, symbol: string): object | undefined {
    switch (kind) {
      case "trades":
        return this.#trade(symbol);
      case "quotes":
        return this.#quote(symbol);
      case "bars":
        return this.#latestMinute(symbol);
    }
  }

  #trade(symbol: string): object | undefined {
    const { feed, prices } = this.#exchange;
    const at = feed.settingsOf(symbol) === undefined ? this.#now : feed.lastPrint(symbol, this.#now);
    const trade = at === undefined ? undefined : prices.trade(symbol, at);
    if (trade === undefined) return undefined;
    return {
      t: stampOf(trade.at, 0),
      x: EXCHANGE_CODE,
      p: Number(trade.price.toFixed()),
      s: 100,
      c: ["@"],
      i: Math.floor(trade.at / 1_000),
      z: this.#tape(symbol),
    };
  }

  #quote(symbol: string): object | undefined {
    const { feed, prices } = this.#exchange;
    const { at, empty } = feed.quote(symbol, this.#now);
    const quote = prices.quote(symbol, at);
    if (quote === undefined) return undefined;
    const bp = empty === "bid" ? 0 : Number(quote.bid.toFixed());
    const ap = empty === "ask" ? 0 : Number(quote.ask.toFixed());
    const sides = { bp, bs: bp === 0 ? 0 : 100, bx: EXCHANGE_CODE, ap, as: ap === 0 ? 0 : 100, ax: EXCHANGE_CODE };
    return { t: stampOf(quote.at, 0), ...sides, c: ["R"], z: this.#tape(symbol) };
  }

  #snapshot(symbol: string): object | undefined {
    const latestTrade = this.#trade(symbol);
    if (latestTrade === undefined) return undefined;
    const days = this.#bars.latestDays(this.#now);
    return {
      latestTrade,
      latestQuote: this.#quote(symbol),
      minuteBar: this.#latestMinute(symbol),
      dailyBar: this.#bar(symbol, days.current),
      prevDailyBar: this.#bar(symbol, days.previous),
    };
  }

  #barPages(symbols: readonly string[], query: URLSearchParams): { bars: Record<string, Bar[]>; next_page_token: string | null } {
    const adjust = this.#adjustment(query);
    const spans = this.#spans(query);
    if (choice(query, "sort", ["asc", "desc"], "asc") === "desc") spans.reverse();
    const bars: Record<string, Bar[]> = {};
    let room = Math.min(barLimit(query), MOST_BARS_OF_A_PAGE);
    for (const { symbol, from } of resume([...new Set(symbols)].sort(), spans, query.get("page_token"))) {
      for (let index = from; index < spans.length; index++) {
        const span = spans[index];
        const bar = span === undefined ? undefined : this.#adjusted(symbol, span, adjust);
        if (bar === undefined) continue;
        if (room-- === 0) return { bars, next_page_token: tokenOf(symbol, bar.t) };
        (bars[symbol] ??= []).push(bar);
      }
    }
    return { bars, next_page_token: null };
  }

  /** The bar of a span, each day of a longer one adjusted for itself. */
  #adjusted(symbol: string, span: Span, adjust: Adjust): Bar | undefined {
    if ("days" in span) {
      const days = span.days.map((day) => this.#adjusted(symbol, day, adjust)).filter((bar) => bar !== undefined);
      return merged(secondStamp(span.from), days);
    }
    const bar = this.#bar(symbol, span);
    return bar === undefined ? undefined : adjust(symbol, bar, span.end);
  }

  #adjustment(query: URLSearchParams): Adjust {
    const asked = choices(query, "adjustment", ADJUSTMENTS);
    if (!asked.includes("split") && !asked.includes("all")) return (_symbol, bar) => bar;
    const splits = this.#exchange.adjustsForSplits ? this.#exchange.state.splits : [];
    return (symbol, bar, endedAt) =>
      adjustedBar(
        bar,
        splits.filter((split) => split.symbol === symbol),
        endedAt,
      );
  }

  #spans(query: URLSearchParams): Span[] {
    const now = this.#now;
    const timeframe = timeframeOf(query);
    const end = this.#end(query, now);
    const start = optional(query, "start", millisOf) ?? this.#bars.latestDays(now).current.from;
    if (start > end) throw new Refusal(400, { message: "end should not be before start" });
    if (timeframe.unit === "minute") return this.#bars.intradaySpans(timeframe.minutes, start, end, now);
    if (timeframe.unit === "day") return this.#bars.dailySpans(start, end, now);
    const days = this.#bars.dailySpans(periodStart(timeframe, start), Math.min(end + LONGEST_PERIOD_MS, now), now);
    return periodsOf(timeframe, days).filter(({ from }) => from >= start && from <= end);
  }

  #end(query: URLSearchParams, now: number): number {
    const end = optional(query, "end", millisOf);
    const limited = choice(query, "feed", FEEDS, "iex") === "sip" && !this.#sip;
    if (limited && end !== undefined && end > now - RECENT_MS) throw noRecentData();
    return end ?? (limited ? now - RECENT_MS : now);
  }

  /** Of the last whole minute with a print. */
  #latestMinute(symbol: string): Bar | undefined {
    const { feed } = this.#exchange;
    const latest = this.#bars.latestMinute(this.#now);
    if (feed.settingsOf(symbol) === undefined) return this.#bar(symbol, latest);
    const print = feed.lastPrint(symbol, latest.end - 1);
    return print === undefined ? undefined : this.#bar(symbol, minuteOf(print));
  }

  #bar(symbol: string, span: BarSpan): Bar | undefined {
    const { feed } = this.#exchange;
    if (!span.isDay && feed.settingsOf(symbol) !== undefined)
      return this.#bars.ofTrades(symbol, span.from, feed.printsBetween(symbol, span.open, span.end));
    return this.#bars.bar(symbol, span, this.#now);
  }

  /** @throws Refusal for the whole batch when one symbol is invalid. */
  #symbols(query: URLSearchParams): string[] {
    const symbols = symbolsOf(query);
    const invalid = symbols.find((symbol) => this.#exchange.feed.isInvalid(symbol));
    if (invalid !== undefined) throw new Refusal(400, { message: `code=400, message=invalid symbol: ${invalid}` });
    return symbols;
  }

  #tape(symbol: string): string {
    return TAPES[this.#exchange.state.assets.get(symbol)?.exchange ?? ""] ?? "B";
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

function noRecentData(): Refusal {
  return new Refusal(403, { message: "subscription does not permit querying recent SIP data" });
}

/** Identifies the first bar that did not fit on the page. */
function tokenOf(symbol: string, stamp: string): string {
  return Buffer.from(`${symbol}|${stamp}`).toString("base64");
}

function resume(symbols: readonly string[], spans: readonly Span[], token: string | null): { symbol: string; from: number }[] {
  if (token === null || token === "") return symbols.map((symbol) => ({ symbol, from: 0 }));
  const [symbol = "", stamp = ""] = Buffer.from(token, "base64").toString().split("|");
  const at = Date.parse(stamp);
  const from = spans.findIndex((span) => span.from === at);
  const place = symbols.indexOf(symbol);
  if (place < 0 || from < 0) throw badParameter("page_token", token);
  return symbols.slice(place).map((each, index) => ({ symbol: each, from: index === 0 ? from : 0 }));
}
