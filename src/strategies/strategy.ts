import type { DailyBars } from "../domain/daily-bar.ts";

/** A pure rule: the same bars always give the same decision. */
export interface Strategy {
  /** As in STRATEGIES and in the ledger: `nuclear`, `tecl`. */
  readonly name: string;
  /** Every symbol a decision may need; if the bars of one are missing, there is no decision. */
  readonly symbols: readonly string[];
  /** How many daily bars of each symbol to request, so that the slowest indicator has settled. */
  readonly history: number;
  decide(bars: DailyBars): Decision;
}

export type Decision =
  | { readonly kind: "allocate"; readonly allocation: Allocation; readonly trace: readonly TraceStep[] }
  /** A needed indicator is not defined on these bars: there is no signal and no default. */
  | { readonly kind: "undecided"; readonly symbol: string; readonly reason: string; readonly trace: readonly TraceStep[] };

/**
 * How the legs belong together; decides the wording of the alert lines: `nuclear` the ranked portfolio, `hedge`
 * UVXY with BTAL, `bear` two inverse-volatility legs, `blend` any other fixed mix, `single` one symbol with
 * everything.
 */
export type AllocationForm = "nuclear" | "hedge" | "bear" | "blend" | "single";

export interface Allocation {
  readonly form: AllocationForm;
  /** In the order of the alert lines; positive weights that sum to 1 within rounding. */
  readonly legs: readonly Leg[];
  /** The rule's wording, which other readers of the alerts file know. */
  readonly reason: string;
}

export interface Leg {
  readonly symbol: string;
  /** Share of the strategy's money, 0 < weight ≤ 1. */
  readonly weight: number;
}

/** One checked condition, in order; the branch it opened is below it. */
export interface TraceStep {
  /** The rule's number in the documentation: `N1`, `B1.4`. */
  readonly rule: string;
  /** The condition in words and numbers: `RSI(10) of SPY 82.41 > 79`. */
  readonly text: string;
  /** Whether it held; undefined for a step that measures or concludes. */
  readonly held: boolean | undefined;
  readonly below: readonly TraceStep[];
}

/** Legend for the marks of {@link traceLines}. */
export const TRACE_LEGEND = "✓ holds   ✗ does not hold   · measured or concluded";

/** The trace as a tree, one line per step, for a reader who follows the decision without reading code. */
export function traceLines(trace: readonly TraceStep[]): readonly string[] {
  return trace.flatMap((step) => [lineOf(step), ...branchLines(step.below)]);
}

function branchLines(steps: readonly TraceStep[]): readonly string[] {
  return steps.flatMap((step, index) => {
    const last = index === steps.length - 1;
    const below = branchLines(step.below).map((line) => `${last ? "  " : "│ "}${line}`);
    return [`${last ? "└ " : "├ "}${lineOf(step)}`, ...below];
  });
}

function lineOf({ rule, text, held }: TraceStep): string {
  return `${markOf(held)} ${rule}: ${text}`;
}

function markOf(held: boolean | undefined): string {
  if (held === undefined) return "·";
  return held ? "✓" : "✗";
}
