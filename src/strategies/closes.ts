import type { DailyBar, DailyBars } from "../domain/daily-bar.ts";

declare const CHECKED: unique symbol;

/** Closing prices, oldest first, each a finite number above zero. Only {@link checkedCloses} makes them, so no indicator meets NaN. */
export type Closes = readonly number[] & { readonly [CHECKED]: true };

export type CheckedCloses =
  | { readonly kind: "sound"; readonly closes: Closes }
  /** `problem` follows the symbol: `has no daily bars`. */
  | { readonly kind: "doubtful"; readonly problem: string };

/** Refuses an empty series, an invalid close, and sessions out of order. */
export function checkedCloses(bars: readonly DailyBar[]): CheckedCloses {
  const problem = bars.length === 0 ? "has no daily bars" : (disorderIn(bars) ?? noPriceIn(bars));
  return problem === undefined
    ? { kind: "sound", closes: bars.map(({ close }) => close) as unknown as Closes }
    : { kind: "doubtful", problem };
}

function noPriceIn(bars: readonly DailyBar[]): string | undefined {
  const bad = bars.find(({ close }) => !Number.isFinite(close) || close <= 0);
  return bad && `closed at ${bad.close} on ${bad.session}, which is not a price`;
}

function disorderIn(bars: readonly DailyBar[]): string | undefined {
  let before = "";
  for (const { session } of bars) {
    if (session <= before) return `has a bar of ${session} after that of ${before}`;
    before = session;
  }
  return undefined;
}

export type MarketCloses =
  | { readonly kind: "sound"; readonly closes: ReadonlyMap<string, Closes>; readonly newestSession: string }
  | { readonly kind: "doubtful"; readonly symbol: string; readonly reason: string };

/**
 * The closes of all symbols a strategy may need. Refuses them all if one has no bars, invalid bars, or a newest
 * bar of another day: a rule would compare different days.
 */
export function marketCloses(symbols: readonly string[], bars: DailyBars): MarketCloses {
  const closes = new Map<string, Closes>();
  for (const symbol of symbols) {
    const checked = checkedCloses(bars.get(symbol) ?? []);
    if (checked.kind === "doubtful") return { kind: "doubtful", symbol, reason: `${symbol} ${checked.problem}.` };
    closes.set(symbol, checked.closes);
  }
  return upToOneDay(symbols, bars, closes);
}

function upToOneDay(symbols: readonly string[], bars: DailyBars, closes: ReadonlyMap<string, Closes>): MarketCloses {
  const lastSessions = symbols.map((symbol) => ({ symbol, session: bars.get(symbol)?.at(-1)?.session ?? "" }));
  const newestSession = lastSessions.reduce((newest, { session }) => (session > newest ? session : newest), "");
  const behind = lastSessions.find(({ session }) => session !== newestSession);
  if (behind === undefined) return { kind: "sound", closes, newestSession };
  const reason = `${behind.symbol} has no bar after ${behind.session}, but others have one for ${newestSession}.`;
  return { kind: "doubtful", symbol: behind.symbol, reason };
}
