import { sum, ZERO, type Decimal } from "../domain/decimal.ts";

/** One symbol after an execution. */
export interface Residue {
  readonly symbol: string;
  /** Dollars. */
  readonly wanted: Decimal;
  readonly actual: Decimal;
  /** Actual less target as a fraction of the base, comparable with the drift band. */
  readonly drift: Decimal;
}

/**
 * Each symbol's final distance from its target.
 * @param wanted dollars of each symbol with a target, zero for an exit.
 * @param actual dollars of each symbol held afterwards.
 * @param base the amount the target weights refer to (R9).
 */
export function residuesOf(wanted: ReadonlyMap<string, Decimal>, actual: ReadonlyMap<string, Decimal>, base: Decimal): Residue[] {
  return [...wanted].map(([symbol, value]) => {
    const held = actual.get(symbol) ?? ZERO;
    return { symbol, wanted: value, actual: held, drift: base.gt(ZERO) ? held.minus(value).div(base) : ZERO };
  });
}

/**
 * The share of the account that stayed in cash although it was to be invested; negative when less cash is left
 * than planned (a buy filled above its price, or prices rose).
 * @param after the account afterwards, in dollars; `untargeted`: holdings without a target (protected ones).
 * @param wanted total dollars to invest.
 */
export function cashDrag(
  after: { readonly equity: Decimal; readonly cash: Decimal; readonly untargeted: Iterable<Decimal> },
  wanted: Decimal,
): Decimal | undefined {
  if (after.equity.lte(ZERO)) return undefined;
  const meantAsCash = after.equity.minus(wanted).minus(sum(after.untargeted));
  return after.cash.minus(meantAsCash).div(after.equity);
}
