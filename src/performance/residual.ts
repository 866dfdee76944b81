import type { Decimal } from "../domain/decimal.ts";
import { sum, ZERO } from "../domain/decimal.ts";

/** One symbol after an execution. */
export interface Residue {
  readonly symbol: string;
  /** Dollars. */
  readonly wanted: Decimal;
  readonly actual: Decimal;
  /** Actual less wanted as a fraction of the base: points of the drift band. */
  readonly drift: Decimal;
}

/**
 * How far every symbol was from its target in the end.
 * @param wanted dollars of each symbol that has a target, zero for one that was to go.
 * @param actual dollars of each symbol held afterwards.
 * @param base what the targets are shares of (R9).
 */
export function residuesOf(wanted: ReadonlyMap<string, Decimal>, actual: ReadonlyMap<string, Decimal>, base: Decimal): Residue[] {
  return [...wanted].map(([symbol, value]) => {
    const held = actual.get(symbol) ?? ZERO;
    return { symbol, wanted: value, actual: held, drift: base.gt(ZERO) ? held.minus(value).div(base) : ZERO };
  });
}

/**
 * The share of the account that lies idle although it was to be invested; negative when less cash is
 * left than was meant to be (a buy was filled above its price, or prices rose).
 * @param after the account afterwards, in dollars; `untargeted`: holdings that have no target (protected ones).
 * @param wanted dollars that were to be invested in all.
 */
export function cashDrag(
  after: { readonly equity: Decimal; readonly cash: Decimal; readonly untargeted: Iterable<Decimal> },
  wanted: Decimal,
): Decimal | undefined {
  if (after.equity.lte(ZERO)) return undefined;
  const meantAsCash = after.equity.minus(wanted).minus(sum(after.untargeted));
  return after.cash.minus(meantAsCash).div(after.equity);
}
