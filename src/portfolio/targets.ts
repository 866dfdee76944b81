import { formatWeight } from "./format.ts";
import { ONE, sum, ZERO, type Decimal } from "./money.ts";
import type { Wanted } from "./plan-input.ts";

/** What is wrong with the weights themselves, or undefined: each must be above 0 and at most 1, all together at most 1 (R4, R9). */
export function targetProblem(wanted: Wanted): string | undefined {
  if (wanted.kind === "exit") return undefined;
  for (const [symbol, weight] of wanted.targets) {
    if (weight.lte(ZERO) || weight.gt(ONE))
      return `The target weight of ${symbol} is ${formatWeight(weight)}, which is not above 0 % and at most 100 %.`;
  }
  const total = sum(wanted.targets.values());
  return total.gt(ONE) ? `The target weights add up to ${formatWeight(total)}, more than 100 %.` : undefined;
}

/** Weight wanted for a symbol; zero for one that is not named, and for every symbol of an exit. */
export function targetWeight(wanted: Wanted, symbol: string): Decimal {
  return wanted.kind === "rebalance" ? (wanted.targets.get(symbol) ?? ZERO) : ZERO;
}

/** Every symbol that gets a line, once, in order: held or wanted; in an exit only those to be sold. */
export function symbolsInScope(wanted: Wanted, held: Iterable<string>): string[] {
  const symbols = wanted.kind === "exit" ? new Set(wanted.symbols) : new Set([...wanted.targets.keys(), ...held]);
  return [...symbols].sort();
}
