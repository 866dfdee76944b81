import { portfolioPercents, wholePercent } from "./percentages.ts";
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
