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

/** All that the rules know of the market: the answer to each measure. */
export type Readings = (measure: Measure) => Reading;

/** Reads the measures off closing prices. */
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

/** What the days before the first close may still weigh in an RSI: it moves it by a hundredth at most. */
const UNSEEN_WEIGHT = 1e-4;

/** An RSI remembers every day there ever was, each a bit less; on a short history it says something else. */
function closesToSettle(days: number): number {
  return Math.ceil(Math.log(UNSEEN_WEIGHT) / Math.log(1 - 1 / days)) + 1;
}

const DECIMALS = 10;
const SIGNIFICANT_DIGITS = 12;

/**
 * Cuts off the last binary digits, which carry only the error of the calculation. Comparisons are strict,
 * and an RSI of 79 that came out as 79.00000000000001 would take the wrong branch.
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
