import type { Verdict, VerdictKind } from "../domain/verdict.ts";
import { isFinal, isRetried, VERDICT_KINDS } from "../domain/verdict.ts";
import type { LedgerDatabase, Row } from "./database.ts";
import type { VerdictRecord } from "../domain/ledger/alert-lines.ts";
import { instant, json, readInteger, readJson, readOneOf, readOptionalText, readText } from "./row.ts";

/** Final verdicts, which no update may replace (R7), as an SQL list. */
export const FINAL_VERDICTS_SQL = listOf(isFinal);
const CAUSES_SQL = listOf(isRetried);

function listOf(isMeant: (kind: VerdictKind) => boolean): string {
  return `(${VERDICT_KINDS.filter(isMeant)
    .map((kind) => `'${kind}'`)
    .join(", ")})`;
}

export interface SpokenVerdict {
  readonly strategy: string;
  readonly verdict: Verdict;
  readonly at: number;
  readonly signalId: string | undefined;
  readonly lines: number;
}

/** Adds one row to the history of verdicts, which is never changed, only pruned. */
export function appendVerdict(database: LedgerDatabase, spoken: SpokenVerdict): void {
  database.write(
    `INSERT INTO verdicts (at, strategy, verdict, reason, causes, signal_id, lines)
     VALUES (:at, :strategy, :verdict, :reason, :causes, :signalId, :lines)`,
    {
      at: instant(spoken.at),
      strategy: spoken.strategy,
      verdict: spoken.verdict.kind,
      reason: spoken.verdict.reason,
      causes: json(spoken.verdict.causes),
      signalId: spoken.signalId ?? null,
      lines: spoken.lines,
    },
  );
}

/** Otherwise a daemon that keeps restarting would repeat the same entry each time. */
export function recordHistory(database: LedgerDatabase, strategy: string, detail: string, at: number): void {
  database.transaction(() => {
    const newest = database.row("SELECT verdict, reason FROM verdicts WHERE strategy = :strategy ORDER BY id DESC LIMIT 1", { strategy });
    if (newest?.verdict === "history" && newest.reason === detail) return;
    appendVerdict(database, { strategy, verdict: { kind: "history", reason: detail }, at, signalId: undefined, lines: 0 });
  });
}

/** The last cause that prevented the execution of a signal, if any. */
export function lastCause(database: LedgerDatabase, signalId: string): Verdict | undefined {
  const row = database.row(
    `SELECT verdict, reason FROM verdicts WHERE signal_id = :signalId AND verdict IN ${CAUSES_SQL} ORDER BY id DESC LIMIT 1`,
    { signalId },
  );
  return row && { kind: readOneOf(row, "verdict", VERDICT_KINDS), reason: readText(row, "reason") };
}

export function recentVerdicts(database: LedgerDatabase, limit: number): VerdictRecord[] {
  return database.rows("SELECT * FROM verdicts ORDER BY id DESC LIMIT :limit", { limit }).map(verdictOf);
}

function verdictOf(row: Row): VerdictRecord {
  return {
    at: readInteger(row, "at"),
    strategy: readText(row, "strategy"),
    verdict: readOneOf(row, "verdict", VERDICT_KINDS),
    reason: readText(row, "reason"),
    causes: (readJson(row, "causes") ?? undefined) as VerdictRecord["causes"],
    signalId: readOptionalText(row, "signal_id"),
    lines: readInteger(row, "lines"),
  };
}
