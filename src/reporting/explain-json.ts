import type { Ledger } from "../domain/ledger.ts";
import { executionDecision, signalDetail, type DetailSource, type ExecutionDecision, type SignalDetail } from "./execution-detail.ts";
import { findSubject, newestSubject, type SubjectSource } from "./explain-subject.ts";
import { strategyTargetEntry, type StrategyTargetEntry } from "./strategy-target-entry.ts";

/** `explain --json`. Value formats as in json-values.ts. */
export interface ExplainDocument {
  readonly schema: 1;
  /** `null` when no signal has been recorded yet. */
  readonly signal_id: string | null;
  /** `null` also when it is no longer in the ledger. */
  readonly signal: SignalDetail | null;
  /** Oldest first; empty when the signal was not executed: its verdict says why. */
  readonly executions: readonly ExplainedExecution[];
}

interface ExplainedExecution extends ExecutionDecision {
  /** What each strategy asked of the account at that time. */
  readonly strategy_targets: readonly StrategyTargetEntry[];
}

type Source = SubjectSource & DetailSource & Pick<Ledger, "strategyTargetsOf">;

/** @param id see {@link findSubject}; `undefined` for the newest signal. @throws TraderError when `id` is unknown or not unique. */
export function explainDocument(ledger: Source, id: string | undefined): ExplainDocument {
  const subject = id === undefined ? newestSubject(ledger) : findSubject(ledger, id);
  if (subject === undefined) return { schema: 1, signal_id: null, signal: null, executions: [] };
  return {
    schema: 1,
    signal_id: subject.signalId,
    signal: signalDetail(ledger, subject.signalId),
    executions: subject.executions.map((execution) => ({
      ...executionDecision(ledger, execution),
      strategy_targets: ledger.strategyTargetsOf(execution.id).map(strategyTargetEntry),
    })),
  };
}
