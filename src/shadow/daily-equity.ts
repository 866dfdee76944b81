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

/**
 * What the account was worth at the close of each session since it began. Nothing is paid into it or out of it.
 * @param sessions oldest first. @param bars raw; a symbol that did not trade keeps its last price. @param now leaves out what is not over.
 */
export function dailyEquity(
  entries: readonly Entry[],
  { sessions, bars, now }: { readonly sessions: readonly Session[]; readonly bars: DailyBars; readonly now: number },
): EquityHistoryPoint[] {
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
  return sessions.flatMap(({ date, close }): EquityHistoryPoint[] => {
    for (const bar of closesOn.get(date) ?? []) marks.set(bar.symbol, decimalFromNumber(bar.close));
    for (; next.done !== true && effectiveOn(next.value) <= date; next = rest.next()) book.apply(next.value);
    return close > now || close < first.at ? [] : [{ at: close, equity: book.equity(marks), flow: ZERO }];
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
