import type { DailyBar, DailyBars } from "../domain/daily-bar.ts";
import type { BarBasis } from "../domain/bar-basis.ts";

/** Why a symbol's bars cannot be used. */
export interface BarDoubt {
  readonly symbol: string;
  /** One sentence that names the symbol. */
  readonly reason: string;
  readonly hint: string;
}

export type CheckedBars =
  | { readonly kind: "sound"; readonly bars: DailyBars }
  /** In symbol order; never empty. */
  | { readonly kind: "doubtful"; readonly doubts: readonly BarDoubt[] };

/** Hardly an indicator works with fewer bars; the strategy states any further need itself. */
const FEWEST_BARS = 90;

const HINT = {
  missing: "Check the symbol at Alpaca, and ALPACA_DATA_FEED: not every feed has every symbol.",
  late: "ALPACA_DATA_FEED has no trade in that session yet; sip includes all exchanges.",
  short: "It may be newly listed or renamed; without its history there is no signal.",
  figures: "Market data is wrong or out of order; check the bars of that day.",
  jump: "If it was a split, Alpaca has not adjusted the earlier bars; indicators over both scales would be wrong.",
} as const;

/**
 * Checks the bars of every symbol against the calendar and for consistency. A doubt about any of them stops the
 * whole decision: nothing replaces a missing bar.
 * @returns the bars up to the last session that counts, all symbols ending with it.
 */
export function checkBars(symbols: readonly string[], bars: DailyBars, basis: BarBasis): CheckedBars {
  const counting = new Map(symbols.map((symbol) => [symbol, (bars.get(symbol) ?? []).filter((bar) => counts(bar, basis))]));
  const doubts = [...counting].map(([symbol, series]) => doubtAbout(symbol, series, basis)).filter((doubt) => doubt !== undefined);
  return doubts.length === 0 ? { kind: "sound", bars: counting } : { kind: "doubtful", doubts };
}

/** Removes today's bar if it does not count; a future bar stays, so that the check finds it. */
function counts({ session }: DailyBar, { last, today }: BarBasis): boolean {
  return session <= last || session > today;
}

function doubtAbout(symbol: string, series: readonly DailyBar[], basis: BarBasis): BarDoubt | undefined {
  for (const check of [missing, figures, order, stale, gap, short, jump]) {
    const found = check(series, basis);
    if (found !== undefined) return { symbol, reason: `${symbol} ${found.problem}.`, hint: HINT[found.hint] };
  }
  return undefined;
}

/** `problem` continues a sentence that begins with the symbol. */
type Finding = { readonly problem: string; readonly hint: keyof typeof HINT } | undefined;

function missing(series: readonly DailyBar[]): Finding {
  return series.length === 0 ? { problem: "has no daily bars", hint: "missing" } : undefined;
}

function figures(series: readonly DailyBar[]): Finding {
  for (const { session, open, high, low, close } of series) {
    if (isPrice(close) && isPrice(open) && isPrice(high) && isPrice(low)) continue;
    const wrong = Object.entries({ close, open, high, low }).find(([, price]) => !isPrice(price));
    if (wrong !== undefined) return { problem: `has a ${wrong[0]} of ${wrong[1]} on ${session}, which is not a price`, hint: "figures" };
  }
  return undefined;
}

function isPrice(price: number): boolean {
  return Number.isFinite(price) && price > 0;
}

function order(series: readonly DailyBar[], { today }: BarBasis): Finding {
  let before = "";
  for (const { session } of series) {
    if (session === before) return { problem: `has two bars of ${session}`, hint: "figures" };
    if (session < before) return { problem: `has a bar of ${session} after that of ${before}`, hint: "figures" };
    before = session;
  }
  return before > today ? { problem: `has a bar of ${before}, a future date`, hint: "figures" } : undefined;
}

function stale(series: readonly DailyBar[], { last, live }: BarBasis): Finding {
  const newest = series.at(-1)?.session ?? "";
  if (newest >= last) return undefined;
  return { problem: `is stale: its newest bar is of ${newest}, the ${live ? "running" : "last"} session is ${last}`, hint: "late" };
}

/** From its first bar on, which may be its first trading day. */
function gap(series: readonly DailyBar[], { sessions }: BarBasis): Finding {
  const first = series[0]?.session ?? "";
  const present = new Set(series.map(({ session }) => session));
  const absent = sessions.filter((date) => date >= first && !present.has(date));
  if (absent.length === 0) return undefined;
  const more = absent.length === 1 ? "" : ` nor of ${absent.length - 1} more sessions`;
  return { problem: `has no bar of the session of ${absent[0] ?? ""}${more}`, hint: "late" };
}

function short(series: readonly DailyBar[]): Finding {
  if (series.length >= FEWEST_BARS) return undefined;
  return { problem: `has a short history of ${series.length} daily bars, expected at least ${FEWEST_BARS}`, hint: "short" };
}

function jump(series: readonly DailyBar[]): Finding {
  const found = splitSizedJump(series);
  if (found === undefined) return undefined;
  const { session, from, to } = found;
  return { problem: `jumps by the size of a split on ${session}, from ${from} to ${to}, in bars that should be adjusted`, hint: "jump" };
}

/** R10: how close a ratio must be to a whole one. */
const TOLERANCE = 0.03;
/** A day that traded this close to the previous close moved by itself; after a split nobody trades at the old scale. */
const WITHIN_REACH = 1.1;

export interface Jump {
  readonly session: string;
  /** Closes, in dollars. */
  readonly from: number;
  readonly to: number;
}

/**
 * The first day whose close is a whole multiple, or fraction, of the previous close, as after a split that the
 * adjustment missed. A leveraged fund's genuine 20 % or 45 % does not count; nor does a day that began at the old
 * price and ended at half of it.
 */
function splitSizedJump(bars: readonly DailyBar[]): Jump | undefined {
  for (const [index, bar] of bars.entries()) {
    const before = bars[index - 1];
    if (before !== undefined && isWhole(bar.close / before.close) && !reachesBack(bar, before.close))
      return { session: bar.session, from: before.close, to: bar.close };
  }
  return undefined;
}

function isWhole(change: number): boolean {
  const ratio = Math.max(change, 1 / change);
  const whole = Math.round(ratio);
  return whole >= 2 && Math.abs(ratio - whole) <= TOLERANCE * whole;
}

function reachesBack({ low, high }: DailyBar, close: number): boolean {
  return low <= close * WITHIN_REACH && high >= close / WITHIN_REACH;
}
