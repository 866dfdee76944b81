import { getAverage, getPercentageChange, getReturns, getStandardDeviation } from "trading-signals";
import type { Closes } from "./closes.ts";

/** Undefined stays undefined: any number in its place would decide a branch. */
export type Indicator =
  | { readonly kind: "value"; readonly value: number }
  /** `why` follows the indicator's name: `needs 200 closes but has 150`. */
  | { readonly kind: "undefined"; readonly why: string };

const SESSIONS_A_YEAR = 252;

export function lastPrice(closes: Closes): Indicator {
  return over(closes, 1, ([last = NaN]) => last);
}

/**
 * Wilder's relative strength index, 0 to 100: gains and losses smoothed by 1/n, both starting at zero, and 50 for
 * a series that never moved. Our own, because trading-signals starts from the mean of the first n changes, which
 * differs until that start has faded, and gives 100 for a flat series.
 */
export function relativeStrength(closes: Closes, days: number): Indicator {
  return over(closes, 2, () => {
    let [gain, loss] = [0, 0];
    let previous: number | undefined;
    for (const close of closes) {
      const change = close - (previous ?? close);
      gain += (Math.max(change, 0) - gain) / days;
      loss += (Math.max(-change, 0) - loss) / days;
      previous = close;
    }
    // The same as 100 − 100 / (1 + gain / loss), without dividing by a loss of zero.
    return gain === 0 && loss === 0 ? 50 : (100 * gain) / (gain + loss);
  });
}

/** Mean of the last n closes. */
export function movingAverage(closes: Closes, days: number): Indicator {
  return over(closes, days, getAverage);
}

/** Mean of the last n daily returns, in percent per day. */
export function meanReturn(closes: Closes, days: number): Indicator {
  return over(closes, days + 1, (window) => getAverage(getReturns(window)));
}

/** Change of the close over n days, in percent: −10 is a loss of a tenth. */
export function cumulativeReturn(closes: Closes, days: number): Indicator {
  return over(closes, days + 1, (window) => getPercentageChange(window.at(0) ?? NaN, window.at(-1) ?? NaN));
}

/** Annualised standard deviation (of the population) of the last n daily returns, as a fraction: 0.85 is 85 %. */
export function volatility(closes: Closes, days: number): Indicator {
  return over(closes, days + 1, (window) => (getStandardDeviation(getReturns(window)) / 100) * Math.sqrt(SESSIONS_A_YEAR));
}

/** Calculates a figure over the last `needed` closes; undefined if there are fewer, or if the result is not finite. */
function over(closes: Closes, needed: number, figure: (window: number[]) => number): Indicator {
  if (closes.length < needed) return tooFew(closes, needed);
  const value = figure(closes.slice(-needed));
  return Number.isFinite(value) ? { kind: "value", value } : { kind: "undefined", why: "is too large to calculate" };
}

/** An indicator that needs more closes than there are. */
export function tooFew(closes: Closes, needed: number): Indicator {
  return { kind: "undefined", why: `needs ${needed} closes but has ${closes.length}` };
}
