import { placeOf, pointLimit, sortOf, tokenOf } from "./pages.ts";
import type { Tape, TickKind } from "./tape.ts";
import type { TimeRange } from "./time-range.ts";

export interface TickPage {
  readonly ticks: Record<string, object[]>;
  readonly next_page_token: string | null;
}

/** One page of the trades or quotes of several symbols, first by symbol and then by time. @throws Refusal */
export function tickPage(tape: Tape, kind: TickKind, range: TimeRange, asked: readonly string[], query: URLSearchParams): TickPage {
  const symbols = [...new Set(asked)].sort();
  const direction = sortOf(query);
  const place = placeOf(query, symbols);
  const ticks: Record<string, object[]> = {};
  let room = pointLimit(query);
  for (const symbol of place === undefined ? symbols : symbols.slice(symbols.indexOf(place.symbol))) {
    const { start, end } = symbol === place?.symbol ? restOf(range, place.at, direction) : range;
    for (const { at, entry } of tape[kind](symbol, start, end, direction)) {
      if (room-- === 0) return { ticks, next_page_token: tokenOf({ symbol, at }) };
      (ticks[symbol] ??= []).push(entry);
    }
  }
  return { ticks, next_page_token: null };
}

function restOf({ start, end }: TimeRange, at: number, direction: "asc" | "desc"): TimeRange {
  return direction === "asc" ? { start: Math.max(start, at), end } : { start, end: Math.min(end, at) };
}
