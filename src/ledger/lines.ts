import type { Verdict } from "../domain/verdict.ts";
import type { LedgerDatabase, Row } from "./database.ts";
import type { LineRecord, NewLine } from "../domain/ledger/alert-lines.ts";
import { instant, optionalInstant, readInteger, readOptionalInteger, readOptionalOneOf, readOptionalText, readText } from "./row.ts";
import { VERDICT_KINDS } from "../domain/verdict.ts";
import { appendVerdict, FINAL_VERDICTS_SQL } from "./verdicts.ts";

/** A huge line must not bloat the ledger; its hash identifies it whatever its length. */
const MAX_LINE_CHARACTERS = 4096;

/** The lines of a strategy and their verdict. */
export interface LineJudgement {
  readonly strategy: string;
  readonly hashes: readonly string[];
  readonly verdict: Verdict;
  readonly signalId: string | undefined;
}

export function knownLines(database: LedgerDatabase, strategy: string, hashes: readonly string[]): Map<string, LineRecord> {
  const rows = database.rows("SELECT * FROM lines WHERE strategy = :strategy AND hash IN (SELECT value FROM json_each(:hashes))", {
    strategy,
    hashes: JSON.stringify(hashes),
  });
  return new Map(rows.map(lineOf).map((line) => [line.hash, line]));
}

export function recordLines(database: LedgerDatabase, lines: readonly NewLine[]): void {
  if (lines.length === 0) return;
  database.transaction(() => {
    for (const line of lines) recordLine(database, line);
  });
}

/** Judges lines and, if that changed anything, adds one entry to the history. */
export function judgeLines(database: LedgerDatabase, judgement: LineJudgement, at: number): void {
  database.transaction(() => {
    const changed = setLineVerdicts(database, judgement);
    if (changed > 0) appendVerdict(database, { ...judgement, at, lines: changed });
  });
}

/**
 * Sets the current verdict of lines that have no final one. Hashes that are not known (any more:
 * pruned) have no line to judge.
 * @returns the number of lines whose verdict or reason changed.
 */
export function setLineVerdicts(database: LedgerDatabase, judgement: LineJudgement): number {
  const where = {
    strategy: judgement.strategy,
    hashes: JSON.stringify(judgement.hashes),
    signalId: judgement.signalId ?? null,
  };
  if (judgement.signalId !== undefined) linkLines(database, where);
  return database.write(
    `UPDATE lines SET verdict = :verdict, reason = :reason, signal_id = coalesce(:signalId, signal_id)
     WHERE strategy = :strategy AND hash IN (SELECT value FROM json_each(:hashes))
       AND (verdict IS NULL OR verdict NOT IN ${FINAL_VERDICTS_SQL})
       AND (verdict IS NOT :verdict OR reason IS NOT :reason)`,
    { ...where, verdict: judgement.verdict.kind, reason: judgement.verdict.reason },
  );
}

/** A line may get its signal later than its first verdict, without that verdict changing. */
function linkLines(database: LedgerDatabase, where: Readonly<Record<string, string | null>>): void {
  database.write(
    `UPDATE lines SET signal_id = :signalId
     WHERE strategy = :strategy AND hash IN (SELECT value FROM json_each(:hashes)) AND signal_id IS NOT :signalId
       AND (verdict IS NULL OR verdict NOT IN ${FINAL_VERDICTS_SQL})`,
    where,
  );
}

function recordLine(database: LedgerDatabase, line: NewLine): void {
  database.write(
    `INSERT INTO lines (strategy, hash, text, stamp, first_seen_at)
     VALUES (:strategy, :hash, :text, :stamp, :firstSeenAt) ON CONFLICT DO NOTHING`,
    {
      strategy: line.strategy,
      hash: line.hash,
      text: line.text.slice(0, MAX_LINE_CHARACTERS),
      stamp: optionalInstant(line.stamp),
      firstSeenAt: instant(line.firstSeenAt),
    },
  );
}

function lineOf(row: Row): LineRecord {
  return {
    hash: readText(row, "hash"),
    strategy: readText(row, "strategy"),
    text: readText(row, "text"),
    stamp: readOptionalInteger(row, "stamp"),
    firstSeenAt: readInteger(row, "first_seen_at"),
    verdict: readOptionalOneOf(row, "verdict", VERDICT_KINDS),
    reason: readOptionalText(row, "reason"),
    signalId: readOptionalText(row, "signal_id"),
  };
}
