import type { LedgerDatabase } from "./database.ts";
import { instant } from "./row.ts";

/** Number of deleted rows. */
export interface Pruned {
  readonly lines: number;
  readonly verdicts: number;
  readonly signals: number;
  readonly recordings: number;
}

/** A line or signal with an execution must be kept: it was traded. Looked up row by row, as most old rows have one. */
function actedUpon(id: string): string {
  return `(EXISTS (SELECT 1 FROM executions WHERE executions.signal_id = ${id}) OR EXISTS (SELECT 1 FROM claims WHERE claims.signal_id = ${id}))`;
}

/**
 * Deletes lines, signals and verdicts from before `beforeMs` that no execution refers to, so that a
 * strategy that writes every minute cannot fill the disk. A line counts as old only when its stamp is old
 * too: a line with a future stamp must be kept until it can no longer become fresh. Recordings of that age go too.
 */
export function prune(database: LedgerDatabase, beforeMs: number): Pruned {
  const before = instant(beforeMs);
  return database.transaction(() => ({
    lines: database.write(
      `DELETE FROM lines WHERE first_seen_at < :before AND (stamp IS NULL OR stamp < :before)
         AND NOT ${actedUpon("lines.signal_id")}`,
      { before },
    ),
    verdicts: database.write(`DELETE FROM verdicts WHERE at < :before AND NOT ${actedUpon("verdicts.signal_id")}`, { before }),
    signals: database.write(
      `DELETE FROM signals WHERE recorded_at < :before AND generated_at < :before AND NOT ${actedUpon("signals.id")}`,
      { before },
    ),
    // What was traded is kept; what it was decided on, in every detail, is not.
    recordings: database.write("DELETE FROM recordings WHERE started_at < :before", { before }),
  }));
}
