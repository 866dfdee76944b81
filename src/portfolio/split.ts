import { decimal, max, min, ZERO, type Decimal } from "./money.ts";

/** How near the ratio of two prices must be to a whole number to look like a split (R10). */
const SPLIT_TOLERANCE = decimal("0.03");
const LARGEST_SPLIT = decimal("50");
const SMALLEST_SPLIT = decimal("2");
const HALF = decimal("0.5");

export type SplitEvidence = "agrees" | "disagrees";

/** The whole number that one value is a multiple of the other by, or `undefined`. Both above zero. */
export function splitRatio(one: Decimal, other: Decimal): Decimal | undefined {
  const ratio = max(one, other).div(min(one, other));
  const whole = ratio.plus(HALF).round(0);
  if (whole.lt(SMALLEST_SPLIT) || whole.gt(LARGEST_SPLIT)) return undefined;
  return ratio.minus(whole).abs().lte(whole.times(SPLIT_TOLERANCE)) ? whole : undefined;
}

/**
 * What the quantity of a position says about a split since we last traded it: still the quantity that
 * our last fill left speaks against one, a whole multiple or fraction of it for one.
 * @param known shares that our last fill left, `undefined` when we never traded it.
 * @param held shares that the broker shows now, `undefined` when it shows none.
 * @returns `undefined` when it tells nothing (never held, or traded by somebody else), which counts against the symbol.
 */
export function splitEvidence(known: Decimal | undefined, held: Decimal | undefined): SplitEvidence | undefined {
  if (known === undefined || held === undefined || known.lte(ZERO) || held.lte(ZERO)) return undefined;
  if (known.eq(held)) return "disagrees";
  return splitRatio(known, held) === undefined ? undefined : "agrees";
}
