import { formatWeight } from "../domain/format.ts";
import { ONE, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import type { RebalanceTarget } from "../domain/rebalance-target.ts";

/** What is wrong with the weights, or undefined: each must be above 0 and at most 1, the sum at most 1 (R4, R9). */
export function targetProblem(wanted: RebalanceTarget): string | undefined {
  const weights = weightsOf(wanted);
  if (weights === undefined) return undefined;
  for (const [symbol, weight] of weights) {
    if (weight.lte(ZERO) || weight.gt(ONE))
      return `The target weight of ${symbol} is ${formatWeight(weight)}, which is not above 0 % and at most 100 %.`;
  }
  const total = sum(weights.values());
  return total.gt(ONE) ? `The target weights add up to ${formatWeight(total)}, more than 100 %.` : undefined;
}

/** Target weight of a symbol; zero for one without a target, and for a symbol of an exit that no other strategy holds. */
export function targetWeight(wanted: RebalanceTarget, symbol: string): Decimal {
  return weightsOf(wanted)?.get(symbol) ?? ZERO;
}

/** Whether any target is a fraction of the base, so that the base must be certain. */
export function isMeasured(wanted: RebalanceTarget): boolean {
  return weightsOf(wanted) !== undefined;
}

/** R31: held, and with several strategies none is known to target it or to have targeted it. */
export function isUnattributed(wanted: RebalanceTarget, symbol: string): boolean {
  return wanted.kind === "rebalance" && wanted.known !== undefined && !wanted.targets.has(symbol) && !wanted.known.has(symbol);
}

function weightsOf(wanted: RebalanceTarget): ReadonlyMap<string, Decimal> | undefined {
  return wanted.kind === "rebalance" ? wanted.targets : wanted.kept;
}

/** Every symbol that gets a line, once, in order: held or targeted; in an exit only those to be sold. */
export function symbolsInScope(wanted: RebalanceTarget, held: Iterable<string>): string[] {
  const symbols = wanted.kind === "exit" ? new Set(wanted.symbols) : new Set([...wanted.targets.keys(), ...held]);
  return [...symbols].sort();
}
