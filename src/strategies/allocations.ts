import type { Allocation, Leg } from "./strategy.ts";

/** Everything in one symbol. */
export function single(symbol: string, reason: string): Allocation {
  return { form: "single", legs: [{ symbol, weight: 1 }], reason };
}

/** Volatility with anti-beta. @param occasion the reason for it: `SPY overbought (79-81)`. */
export function hedge(occasion: string): Allocation {
  return fixedMix("hedge", occasion, [
    { symbol: "UVXY", weight: 0.75 },
    { symbol: "BTAL", weight: 0.25 },
  ]);
}

/** Any other fixed mix, in whole percent. */
export function blend(occasion: string, legs: readonly Leg[]): Allocation {
  return fixedMix("blend", occasion, legs);
}

/** The reason names the legs as `UVXY 25% + BIL 75%`, so the reader of the lines can check that none is missing. */
function fixedMix(form: "hedge" | "blend", occasion: string, legs: readonly Leg[]): Allocation {
  const named = legs.map(({ symbol, weight }) => `${symbol} ${wholePercent(weight)}`).join(" + ");
  return { form, legs, reason: `${occasion}, ${named} allocation` };
}

/** Legs with calculated weights. @param title the portfolio's name in its reason. */
export function portfolio(form: "nuclear" | "bear", title: string, legs: readonly Leg[]): Allocation {
  const percents = portfolioPercents(legs.map(({ weight }) => weight));
  const named = legs.map(({ symbol }, index) => `${symbol} (${percents[index] ?? ""})`).join(", ");
  return { form, legs, reason: `${title}: ${named}` };
}

/** A weight in the usual notation: `31.2%`. */
export function oneDecimalPercent(weight: number): string {
  return tenths(weight * 1_000);
}

/** Removes the last binary digits of a sum of weights, which are rounding error only. */
const CLEAN_DECIMALS = 6;
const WHOLE_IN_TENTHS = 1_000;

/**
 * All weights of a portfolio as written in alert lines and reasons, with one decimal and a sum of 100.0: each is
 * rounded down, and the missing tenths go to those that lost most. A line's own percentage and the one its reason
 * gives for the leg must be the same text, or the reader refuses the run; so both come from here.
 */
export function portfolioPercents(weights: readonly number[]): readonly string[] {
  const exact = weights.map((weight) => Number((weight * WHOLE_IN_TENTHS).toFixed(CLEAN_DECIMALS)));
  const missing = WHOLE_IN_TENTHS - exact.reduce((sum, each) => sum + Math.floor(each), 0);
  const lost = exact.map((each, index) => ({ index, rest: each - Math.floor(each) })).sort((one, other) => other.rest - one.rest);
  const raised = new Set(lost.slice(0, Math.max(0, missing)).map(({ index }) => index));
  return exact.map((each, index) => tenths(Math.floor(each) + (raised.has(index) ? 1 : 0)));
}

function tenths(count: number): string {
  return `${(count / 10).toFixed(1)}%`;
}

/** A fixed share: `75%`. */
export function wholePercent(weight: number): string {
  return `${(weight * 100).toFixed(0)}%`;
}

/** Each leg's percentage, in order; fixed shares are whole, calculated ones have one decimal. */
export function legPercents({ form, legs }: Pick<Allocation, "form" | "legs">): readonly string[] {
  const weights = legs.map(({ weight }) => weight);
  return form === "nuclear" || form === "bear" ? portfolioPercents(weights) : weights.map(wholePercent);
}

/** `UVXY 75%, BTAL 25%`. */
export function allocationText(allocation: Pick<Allocation, "form" | "legs">): string {
  const percents = legPercents(allocation);
  return allocation.legs.map(({ symbol }, index) => `${symbol} ${percents[index] ?? ""}`).join(", ");
}
