import type { Signal } from "../signal.ts";
import type { StrategyTarget } from "../strategy-target.ts";
import type { Verdict, VerdictKind } from "../verdict.ts";

/** Complete runs, and what each strategy asks for (R31). */
export interface SignalStore {
  /** Stores a signal if its id is new. */
  recordSignal(signal: Signal, at: number): void;
  signal(id: string): SignalRecord | undefined;
  /** Newest first. */
  recentSignals(limit: number): SignalRecord[];
  /** SELLs of the same strategy recorded after a signal, newest first. */
  exitsAfter(id: string): SignalRecord[];
  /** Sets the verdict of the signal and of all its lines. A final verdict is never replaced, but for `executed` by the end of a later execution. */
  judgeSignal(id: string, verdict: Verdict, at: number): void;
  /**
   * The newest signal of a strategy that was accepted: its execution has begun, or found that no order was needed (R31).
   * @param kind of any kind if missing.
   */
  lastAcceptedSignal(strategy: string, kind?: Signal["kind"]): SignalRecord | undefined;

  /** Records what each strategy asks for in an execution. @throws when the execution has its claims already. */
  recordStrategyTargets(executionId: string, strategyTargets: readonly StrategyTarget[]): void;
  /** Empty for an execution of a version that kept none. */
  strategyTargetsOf(executionId: string): StrategyTarget[];
  /** What was last accepted from a strategy, as `accepted` and with the share it had then. */
  lastStrategyTarget(strategy: string): StrategyTarget | undefined;
  /** Records that the owner lets an unattributed symbol be sold. */
  releaseSymbol(symbol: string, at: number): void;
  /** Symbols released and not wholly sold since. */
  releasedSymbols(): string[];
}

export interface SignalRecord {
  readonly signal: Signal;
  readonly recordedAt: number;
  readonly verdict: VerdictKind | undefined;
  readonly verdictReason: string | undefined;
  readonly verdictAt: number | undefined;
}
