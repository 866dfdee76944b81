import { TraderError } from "../domain/errors.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { SignalRecord } from "../domain/ledger/signals.ts";

/** The subject of `explain`: a signal and its executions (oldest first), or a single one. */
export interface Subject {
  readonly signalId: string;
  /** `undefined` when it was pruned. */
  readonly signal: SignalRecord | undefined;
  readonly executions: readonly ExecutionRecord[];
}

export type SubjectSource = Pick<Ledger, "execution" | "executionOfSignal" | "recentExecutions" | "recentSignals" | "signal">;

/** How far back an id prefix is searched; a complete id is found whatever its age. */
const SEARCHED = 1_000;
const SHOWN_IN_HINT = 5;

/**
 * @param id of a signal or execution, or a unique prefix. A signal's first execution has the signal's id,
 *   which means the signal with all its executions.
 * @throws TraderError `unknown-id` or `ambiguous-id`, with ids to choose from.
 */
export function findSubject(ledger: SubjectSource, id: string): Subject {
  return exactSubject(ledger, id) ?? exactSubject(ledger, completed(ledger, id)) ?? unknown(ledger, id);
}

/** The newest signal, executed or not; `undefined` when there is none. */
export function newestSubject(ledger: SubjectSource): Subject | undefined {
  const [newest] = ledger.recentSignals(1);
  return newest === undefined ? undefined : subjectOf(ledger, newest.signal.id);
}

function exactSubject(ledger: SubjectSource, id: string): Subject | undefined {
  if (ledger.signal(id) !== undefined) return subjectOf(ledger, id);
  const execution = ledger.execution(id);
  return execution === undefined
    ? undefined
    : { signalId: execution.signalId, signal: ledger.signal(execution.signalId), executions: [execution] };
}

function subjectOf(ledger: SubjectSource, signalId: string): Subject {
  const recent = ledger.recentExecutions(SEARCHED).filter((execution) => execution.signalId === signalId);
  const last = ledger.executionOfSignal(signalId);
  const executions = recent.length > 0 ? recent.reverse() : last === undefined ? [] : [last];
  return { signalId, signal: ledger.signal(signalId), executions };
}

function completed(ledger: SubjectSource, beginning: string): string {
  const signals = ledger.recentSignals(SEARCHED).map((record) => record.signal.id);
  const executions = ledger.recentExecutions(SEARCHED);
  const matches = new Set(signals.filter((id) => id.startsWith(beginning)));
  for (const execution of executions) if (execution.id.startsWith(beginning) && !matches.has(execution.signalId)) matches.add(execution.id);
  if (matches.size > 1) {
    throw new TraderError(`"${beginning}" matches ${matches.size} ids.`, {
      code: "ambiguous-id",
      hint: `Use a longer prefix: ${listed([...matches])}.`,
    });
  }
  return [...matches][0] ?? beginning;
}

function unknown(ledger: SubjectSource, id: string): never {
  const recent = ledger.recentSignals(SHOWN_IN_HINT).map((record) => record.signal.id);
  const hint = recent.length === 0 ? "The ledger holds no signal yet." : `Recent ids, newest first: ${listed(recent)}.`;
  throw new TraderError(`No signal or execution has the id "${id}".`, { code: "unknown-id", hint });
}

function listed(ids: readonly string[]): string {
  const rest = ids.length - SHOWN_IN_HINT;
  return ids.slice(0, SHOWN_IN_HINT).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
