import type { Closes } from "./closes.ts";
import {
  cumulativeReturn,
  lastPrice,
  meanReturn,
  movingAverage,
  relativeStrength,
  tooFew,
  volatility,
  type Indicator,
} from "./indicators.ts";
import { measureName, type Measure } from "./measure.ts";

export type Reading =
  | { readonly kind: "value"; readonly value: number }
  /** One sentence that names the symbol. */
  | { readonly kind: "undefined"; readonly reason: string };

/** What the rules know of the market: the value of each measure. */
export type Readings = (measure: Measure) => Reading;

/** Calculates the measures from closing prices. */
export function readingsFrom(closes: ReadonlyMap<string, Closes>): Readings {
  return (measure) => {
    const series = closes.get(measure.symbol);
    if (series === undefined) return { kind: "undefined", reason: `${measure.symbol} has no daily bars.` };
    const indicator = indicatorOf(measure, series);
    return indicator.kind === "value"
      ? { kind: "value", value: withoutNoise(measure, indicator.value) }
      : { kind: "undefined", reason: `The ${measureName(measure)} ${indicator.why}.` };
  };
}

function indicatorOf({ kind, days }: Measure, closes: Closes): Indicator {
  switch (kind) {
    case "price":
      return lastPrice(closes);
    case "rsi":
      return closes.length < closesToSettle(days) ? tooFew(closes, closesToSettle(days)) : relativeStrength(closes, days);
    case "average":
      return movingAverage(closes, days);
    case "cumulative-return":
      return cumulativeReturn(closes, days);
    case "mean-return":
      return meanReturn(closes, days);
    case "volatility":
      return volatility(closes, days);
  }
}

/** Largest remaining influence on an RSI of the days before the first close: one hundredth. */
const UNSEEN_WEIGHT = 1e-4;

/** An RSI depends on all earlier days, each a bit less; on a short history its value differs. */
function closesToSettle(days: number): number {
  return Math.ceil(Math.log(UNSEEN_WEIGHT) / Math.log(1 - 1 / days)) + 1;
}

const DECIMALS = 10;
const SIGNIFICANT_DIGITS = 12;

/**
 * Removes the last binary digits, which are rounding error only. Comparisons are strict, and an RSI of
 * 79.00000000000001 instead of 79 would take the wrong branch.
 */
function withoutNoise({ kind }: Measure, value: number): number {
  switch (kind) {
    case "rsi":
    case "cumulative-return":
    case "mean-return":
      return Number(value.toFixed(DECIMALS));
    case "price":
    case "average":
      return Number(value.toPrecision(SIGNIFICANT_DIGITS));
    case "volatility":
      return value;
  }
}
