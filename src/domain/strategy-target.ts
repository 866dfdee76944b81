import type { RebalanceTarget } from "./rebalance-target.ts";
import { ZERO, type Decimal } from "./decimal.ts";

/**
 * The book of everything that no strategy brought about: deposits, trades by hand, splits, fees. It is
 * what is left of the account after the other books, so that all of them always add up to it (R32).
 */
export const UNATTRIBUTED = "unattributed";

/** A configured strategy and its part of the account. */
export interface StrategyShare {
  readonly name: string;
  /** Fraction of the base: 0.6 for 60 %. */
  readonly share: Decimal;
}

/**
 * Why a strategy's targets take part in an execution:
 * - `run`: the execution is that of its run.
 * - `waiting`: its run is complete and fresh and waits behind the one that is executed (R22).
 * - `accepted`: they are the newest that were accepted from it (R31).
 */
export type StrategyTargetBasis = "run" | "waiting" | "accepted";

/** What one strategy asks of the account in one execution. A strategy that never spoke has none: its share stays cash. */
export interface StrategyTarget {
  readonly strategy: string;
  readonly share: Decimal;
  readonly basis: StrategyTargetBasis;
  /** The run that the targets come from. */
  readonly signalId: string;
  /** When that run was generated; milliseconds since the epoch. */
  readonly generatedAt: number;
  /** Symbol → weight as a fraction of the strategy's own share. */
  readonly targets: ReadonlyMap<string, Decimal>;
}

/** What is claimed of each symbol, as a fraction of the base: overlapping symbols add up. */
export function combinedTargets(strategyTargets: readonly Pick<StrategyTarget, "share" | "targets">[]): Map<string, Decimal> {
  const total = new Map<string, Decimal>();
  for (const { share, targets } of strategyTargets)
    for (const [symbol, weight] of targets) total.set(symbol, (total.get(symbol) ?? ZERO).plus(share.times(weight)));
  return total;
}

/**
 * What is wanted of the account when a strategy rebalances: every claim together.
 * @param known symbols that a strategy is known to have named or bought; `undefined` with one strategy, whose own everything held is.
 */
export function targetOfAll(strategyTargets: readonly StrategyTarget[], known: ReadonlySet<string> | undefined): RebalanceTarget {
  const targets = combinedTargets(strategyTargets);
  return known === undefined ? { kind: "rebalance", targets } : { kind: "rebalance", targets, known };
}

/** What is wanted when a strategy leaves symbols: what the others claim of them stays. */
export function targetOfExit(exits: readonly string[], strategyTargets: readonly StrategyTarget[]): RebalanceTarget {
  const kept = new Map([...combinedTargets(strategyTargets)].filter(([symbol]) => exits.includes(symbol)));
  return kept.size === 0 ? { kind: "exit", symbols: exits } : { kind: "exit", symbols: exits, kept };
}
