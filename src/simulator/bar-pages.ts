import { timeframeOf } from "./bar-query.ts";
import type { BarMaker, BarSpan } from "./bars.ts";
import type { SplitRecord } from "./account-state.ts";
import { badToken, placeOf, pointLimit, sortOf, tokenOf } from "./pages.ts";
import { choices } from "./parameters.ts";
import { merged, periodsOf, periodStart, type PeriodSpan } from "./period-bars.ts";
import { DAY_MS } from "./sessions.ts";
import { adjustedBar } from "./splits.ts";
import { rangeOf } from "./time-range.ts";
import { secondStamp } from "./timestamps.ts";
import type { Bar } from "./wire.ts";

/** A year, the longest timeframe. */
const LONGEST_PERIOD_MS = 366 * DAY_MS;
const ADJUSTMENTS = ["raw", "split", "dividend", "spin-off", "all"] as const;
/** A page ends at about 256 KiB: a recorded one held this many of 10,000 bars. */
const MOST_BARS_OF_A_PAGE = 2_576;

type Span = BarSpan | PeriodSpan;
type Adjust = (symbol: string, bar: Bar, endedAt: number) => Bar;

export interface BarPage {
  readonly bars: Record<string, Bar[]>;
  readonly next_page_token: string | null;
}

export interface BarWorld {
  readonly bars: BarMaker;
  readonly now: number;
  /** Whether the account pays for recent data of all exchanges. */
  readonly sip: boolean;
  /** Those that adjusted bars know of. */
  readonly splits: readonly SplitRecord[];
}

/** One page of the bars of several symbols, as `GET /v2/stocks/bars` answers it. @throws Refusal */
export function barPage(world: BarWorld, asked: readonly string[], query: URLSearchParams): BarPage {
  const adjust = adjustment(query, world.splits);
  const spans = spansOf(world, query);
  if (sortOf(query) === "desc") spans.reverse();
  const bars: Record<string, Bar[]> = {};
  let room = Math.min(pointLimit(query), MOST_BARS_OF_A_PAGE);
  for (const { symbol, from } of resume([...new Set(asked)].sort(), spans, query)) {
    for (let index = from; index < spans.length; index++) {
      const span = spans[index];
      const bar = span === undefined ? undefined : barOf(world, symbol, span, adjust);
      if (bar === undefined) continue;
      if (room-- === 0) return { bars, next_page_token: tokenOf({ symbol, at: Date.parse(bar.t) }) };
      (bars[symbol] ??= []).push(bar);
    }
  }
  return { bars, next_page_token: null };
}

/** The bar of a span, each day of a longer one adjusted for itself. */
function barOf(world: BarWorld, symbol: string, span: Span, adjust: Adjust): Bar | undefined {
  if ("days" in span) {
    const days = span.days.map((day) => barOf(world, symbol, day, adjust)).filter((bar) => bar !== undefined);
    return merged(secondStamp(span.from), days);
  }
  const bar = world.bars.bar(symbol, span, world.now);
  return bar === undefined ? undefined : adjust(symbol, bar, span.end);
}

function adjustment(query: URLSearchParams, splits: readonly SplitRecord[]): Adjust {
  const asked = choices(query, "adjustment", ADJUSTMENTS);
  if (!asked.includes("split") && !asked.includes("all")) return (_symbol, bar) => bar;
  return (symbol, bar, endedAt) =>
    adjustedBar(
      bar,
      splits.filter((split) => split.symbol === symbol),
      endedAt,
    );
}

function spansOf({ bars, now, sip }: BarWorld, query: URLSearchParams): Span[] {
  const timeframe = timeframeOf(query);
  const { start, end } = rangeOf(query, now, sip, bars.latestDays(now).current.from);
  if (timeframe.unit === "minute") return bars.intradaySpans(timeframe.minutes, start, end, now);
  if (timeframe.unit === "day") return bars.dailySpans(start, end, now);
  const days = bars.dailySpans(periodStart(timeframe, start), Math.min(end + LONGEST_PERIOD_MS, now), now);
  return periodsOf(timeframe, days).filter(({ from }) => from >= start && from <= end);
}

function resume(symbols: readonly string[], spans: readonly Span[], query: URLSearchParams): { symbol: string; from: number }[] {
  const place = placeOf(query, symbols);
  if (place === undefined) return symbols.map((symbol) => ({ symbol, from: 0 }));
  const from = spans.findIndex((span) => span.from === place.at);
  if (from < 0) throw badToken(query);
  return symbols.slice(symbols.indexOf(place.symbol)).map((symbol, index) => ({ symbol, from: index === 0 ? from : 0 }));
}
