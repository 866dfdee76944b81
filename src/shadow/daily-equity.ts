import type { EquityHistoryPoint, Session } from "../domain/broker.ts";
import type { DailyBars } from "../domain/daily-bar.ts";
import { decimalFromNumber, ZERO, type Decimal } from "../domain/decimal.ts";
import { marketDate } from "../domain/market-day.ts";
import { Book } from "./book.ts";
import type { Entry } from "./entry.ts";

/** The account as it was at the end of a New York date; as copied when it had not begun by then. */
export function bookAsOf(entries: readonly Entry[], date: string): Book | undefined {
  return Book.of(byDate(entries).filter((entry) => entry.kind === "began" || effectiveOn(entry) <= date));
}

/** What the value of past closes is made of. Instants in milliseconds since the epoch. */
export interface PastMarket {
  /** Oldest first; at least one that closed before `from`. */
  readonly sessions: readonly Session[];
  /** Raw; a symbol that did not trade keeps its last price. */
  readonly bars: DailyBars;
  readonly from: number;
  readonly now: number;
}

/**
 * What the account was worth at each close from the last one before `from`, which the first day is measured against; the
 * copied shares count as held before it began. Nothing is paid into it or out of it.
 */
export function dailyEquity(entries: readonly Entry[], { sessions, bars, from, now }: PastMarket): EquityHistoryPoint[] {
  const [first, ...later] = byDate(entries);
  if (first?.kind !== "began") return [];
  const book = new Book(first);
  const rest = later.values();
  let next = rest.next();
  const closesOn = Map.groupBy(
    [...bars].flatMap(([symbol, own]) => own.map(({ session, close }) => ({ symbol, session, close }))),
    ({ session }) => session,
  );
  const marks = new Map<string, Decimal>();
  const base = sessions.findLast(({ close }) => close < from)?.close ?? from;
  return sessions.flatMap(({ date, close }): EquityHistoryPoint[] => {
    for (const bar of closesOn.get(date) ?? []) marks.set(bar.symbol, decimalFromNumber(bar.close));
    for (; next.done !== true && effectiveOn(next.value) <= date; next = rest.next()) book.apply(next.value);
    return close > now || close < base ? [] : [{ at: close, equity: book.equity(marks), flow: ZERO }];
  });
}

/** A split counts from its session, however late it was booked. */
function effectiveOn(entry: Entry): string {
  return entry.kind === "split" ? entry.session : marketDate(entry.at);
}

function byDate(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((one, other) => {
    const [before, after] = [effectiveOn(one), effectiveOn(other)];
    return before < after ? -1 : before > after ? 1 : 0;
  });
}
