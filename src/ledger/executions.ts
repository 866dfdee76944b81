import type { RebalanceTarget } from "../domain/rebalance-target.ts";
import type { LedgerDatabase, Row, Values } from "./database.ts";
import type { Belongs } from "./read-memory.ts";
import { sameRows } from "./read-memory.ts";
import type { ExecutionChange, ExecutionPhase, ExecutionRecord, NewExecution } from "../domain/ledger/executions.ts";
import {
  decimalPairs,
  flag,
  instant,
  json,
  laterJson,
  optionalInstant,
  readDecimalPairs,
  readFlag,
  readInteger,
  readJson,
  readOneOf,
  readOptionalInteger,
  readOptionalOneOf,
  readOptionalText,
  readText,
  textsIn,
  unreadable,
} from "./row.ts";
import type { AccountSummary, PlanSummary } from "../domain/ledger/summaries.ts";
import { EXECUTION_OUTCOMES, OUTCOME_CODES } from "../domain/outcome.ts";

const BY_ID = "SELECT * FROM executions WHERE id = :id";
const PHASES = ["planning", "selling", "buying", "cancelling", "settled"] as const satisfies readonly ExecutionPhase[];

export function createExecution(database: LedgerDatabase, execution: NewExecution): void {
  database.write(
    `INSERT INTO executions (id, signal_id, account_number, mode, wanted, started_at, deadline, off_hours, phase)
     VALUES (:id, :signalId, :accountNumber, :mode, :wanted, :startedAt, :deadline, :offHours, 'planning')`,
    {
      id: execution.id,
      signalId: execution.signalId,
      accountNumber: execution.accountNumber,
      mode: execution.mode,
      wanted: wantedText(execution.wanted),
      startedAt: instant(execution.startedAt),
      deadline: instant(execution.deadline),
      offHours: flag(execution.offHours),
    },
  );
}

export function findExecution(database: LedgerDatabase, id: string): ExecutionRecord | undefined {
  return recorded(database, BY_ID, { id }, sameRows)[0];
}

export function executionsOfSignal(database: LedgerDatabase, signalId: string): ExecutionRecord[] {
  return recorded(database, "SELECT * FROM executions WHERE signal_id = :signalId ORDER BY number", { signalId }, sameRows);
}

/** The newest one, if there are several. */
export function executionOfSignal(database: LedgerDatabase, signalId: string): ExecutionRecord | undefined {
  return recorded(database, "SELECT * FROM executions WHERE signal_id = :signalId ORDER BY number DESC LIMIT 1", { signalId }, sameRows)[0];
}

export function executionCount(database: LedgerDatabase, signalId: string): number {
  const row = database.row("SELECT count(*) AS number FROM executions WHERE signal_id = :signalId", { signalId });
  return row === undefined ? 0 : readInteger(row, "number");
}

export function openExecutions(database: LedgerDatabase): ExecutionRecord[] {
  return recorded(
    database,
    "SELECT * FROM executions WHERE finished_at IS NULL ORDER BY number",
    {},
    ({ finishedAt }) => finishedAt === undefined,
  );
}

export function recentExecutions(database: LedgerDatabase, limit: number): ExecutionRecord[] {
  return recorded(database, "SELECT * FROM executions ORDER BY number DESC LIMIT :limit", { limit }, sameRows);
}

/** From `at` on, inclusive; oldest first. */
export function executionsSince(database: LedgerDatabase, at: number): ExecutionRecord[] {
  const sql = "SELECT * FROM executions INDEXED BY executions_by_start WHERE started_at >= :at ORDER BY number";
  return database.rows(sql, { at: instant(at) }).map(executionOf);
}

/** Sets what `change` names and leaves the rest. @throws when there is no such execution. */
export function updateExecution(database: LedgerDatabase, id: string, change: ExecutionChange): void {
  const isKnown = database.writeOne(
    `UPDATE executions SET
       phase = coalesce(:phase, phase), deadline = coalesce(:deadline, deadline),
       begun_at = coalesce(:begunAt, begun_at), finished_at = coalesce(:finishedAt, finished_at),
       outcome = coalesce(:outcome, outcome), outcome_reason = coalesce(:outcomeReason, outcome_reason),
       outcome_code = coalesce(:outcomeCode, outcome_code),
       account_before = coalesce(:accountBefore, account_before), account_after = coalesce(:accountAfter, account_after),
       plan = coalesce(:plan, plan)
     WHERE id = :id`,
    {
      id,
      phase: change.phase ?? null,
      deadline: optionalInstant(change.deadline),
      begunAt: optionalInstant(change.begunAt),
      finishedAt: optionalInstant(change.finishedAt),
      outcome: change.outcome ?? null,
      outcomeReason: change.outcomeReason ?? null,
      outcomeCode: change.outcomeCode ?? null,
      accountBefore: json(change.accountBefore),
      accountAfter: json(change.accountAfter),
      plan: json(change.plan),
    },
    () => ({ table: "executions", record: executionOf(database.row(BY_ID, { id }) ?? {}), isSame: (other) => other.id === id }),
  );
  if (!isKnown) throw new Error(`The ledger has no execution ${id} to change.`);
}

/** Symbols of an exit are a plain list; targets keep their order and their exact weights. */
function wantedText(wanted: RebalanceTarget): string {
  if (wanted.kind === "exit") {
    const kept = wanted.kept === undefined ? "" : `,"kept":${decimalPairs(wanted.kept)}`;
    return `{"kind":"exit","symbols":${JSON.stringify(wanted.symbols)}${kept}}`;
  }
  const known = wanted.known === undefined ? "" : `,"known":${JSON.stringify([...wanted.known])}`;
  return `{"kind":"rebalance","targets":${decimalPairs(wanted.targets)}${known}}`;
}

function readRebalanceTarget(row: Row): RebalanceTarget {
  const value = readJson(row, "wanted") as Partial<Record<"kind" | "targets" | "known" | "symbols" | "kept", unknown>> | null;
  if (value?.kind === "rebalance") {
    const targets = readDecimalPairs(value.targets, "wanted");
    return value.known === undefined
      ? { kind: "rebalance", targets }
      : { kind: "rebalance", targets, known: new Set(textsIn(value.known, "wanted")) };
  }
  if (value?.kind !== "exit") return unreadable("wanted", value);
  const symbols = textsIn(value.symbols, "wanted");
  return value.kept === undefined ? { kind: "exit", symbols } : { kind: "exit", symbols, kept: readDecimalPairs(value.kept, "wanted") };
}

function recorded(database: LedgerDatabase, sql: string, values: Values, belongs?: Belongs<ExecutionRecord>): ExecutionRecord[] {
  return database.records("executions", sql, values, executionOf, belongs);
}

/** The columns of `executions` as a record. */
export function executionOf(row: Row): ExecutionRecord {
  // Large, and a rebalance reads its execution at every step without needing them.
  // Taken for the types in which this program has written them.
  const accountBefore = laterJson(row, "account_before");
  const accountAfter = laterJson(row, "account_after");
  const plan = laterJson(row, "plan");
  return {
    id: readText(row, "id"),
    signalId: readText(row, "signal_id"),
    accountNumber: readText(row, "account_number"),
    mode: readText(row, "mode"),
    wanted: readRebalanceTarget(row),
    startedAt: readInteger(row, "started_at"),
    deadline: readInteger(row, "deadline"),
    offHours: readFlag(row, "off_hours"),
    phase: readOneOf(row, "phase", PHASES),
    begunAt: readOptionalInteger(row, "begun_at"),
    finishedAt: readOptionalInteger(row, "finished_at"),
    outcome: readOptionalOneOf(row, "outcome", EXECUTION_OUTCOMES),
    outcomeReason: readOptionalText(row, "outcome_reason"),
    outcomeCode: readOptionalOneOf(row, "outcome_code", OUTCOME_CODES),
    get accountBefore() {
      return accountBefore() as AccountSummary | undefined;
    },
    get accountAfter() {
      return accountAfter() as AccountSummary | undefined;
    },
    get plan() {
      return plan() as PlanSummary | undefined;
    },
  };
}
