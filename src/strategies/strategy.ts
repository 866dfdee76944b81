import type { DailyBars } from "../domain/daily-bar.ts";

/** A pure rule: the same bars give the same decision, always. */
export interface Strategy {
  /** As in STRATEGIES and in the ledger: `nuclear`, `tecl`. */
  readonly name: string;
  /** Every symbol whose bars a decision may need; without one of them there is no decision. */
  readonly symbols: readonly string[];
  /** How many daily bars of each symbol are asked for, so that the slowest indicator has settled. */
  readonly history: number;
  decide(bars: DailyBars): Decision;
}

export type Decision =
  | { readonly kind: "allocate"; readonly allocation: Allocation; readonly trace: readonly TraceStep[] }
  /** An indicator that the rules need is not defined on these bars: there is no signal, and no default takes its place. */
  | { readonly kind: "undecided"; readonly symbol: string; readonly reason: string; readonly trace: readonly TraceStep[] };

/**
 * How the legs belong together, which decides the words of the alert lines:
 * `nuclear` the ranked portfolio, `hedge` UVXY with BTAL, `bear` two inverse-volatility legs,
 * `blend` any other fixed mix, `single` one symbol with everything.
 */
export type AllocationForm = "nuclear" | "hedge" | "bear" | "blend" | "single";

export interface Allocation {
  readonly form: AllocationForm;
  /** In the order in which they are written; positive weights that sum to 1 within rounding. */
  readonly legs: readonly Leg[];
  /** The rule's words, as other readers of the alerts file know them. */
  readonly reason: string;
}

export interface Leg {
  readonly symbol: string;
  /** Share of the strategy's money, 0 < weight ≤ 1. */
  readonly weight: number;
}

/** One condition that was looked at, in order; the branch it opened hangs below it. */
export interface TraceStep {
  /** The rule as numbered in the documentation: `N1`, `B1.4`. */
  readonly rule: string;
  /** The condition in words and numbers: `RSI(10) of SPY 82.41 > 79`. */
  readonly text: string;
  /** Whether it held; undefined for a step that measures or concludes and asks nothing. */
  readonly held: boolean | undefined;
  readonly below: readonly TraceStep[];
}
