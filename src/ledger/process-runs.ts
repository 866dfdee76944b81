import type { LedgerDatabase } from "./database.ts";
import { instant, readInteger, readOptionalInteger, readOptionalText } from "./row.ts";

/** One run of the daemon. A missing end means that it was killed or the machine went down. */
export interface DaemonLife {
  readonly pid: number;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  /** Why it ended, if it was not asked to stop. */
  readonly failure: string | undefined;
}

/** The daemon's runs with this ledger, so that a start knows whether the previous one stopped cleanly. */
export interface ProcessRuns {
  /** Records a start. @returns the previous run. */
  begin(pid: number, at: number): DaemonLife | undefined;
  /** Records the end of the newest run. @param failure why it ended, unless it was asked to stop. */
  end(at: number, failure?: string): void;
}

/** Enough to see a bad day. */
const KEPT = 1_000;

export function processRunsOn(database: LedgerDatabase): ProcessRuns {
  return {
    begin: (pid, at) =>
      database.transaction(() => {
        const before = newestLife(database);
        database.write("INSERT INTO daemon_lives (pid, started_at) VALUES (:pid, :at)", { pid, at: instant(at) });
        database.write("DELETE FROM daemon_lives WHERE id <= (SELECT max(id) FROM daemon_lives) - :kept", { kept: KEPT });
        return before;
      }),
    end: (at, failure) => {
      database.write(
        "UPDATE daemon_lives SET ended_at = :at, failure = :failure WHERE id = (SELECT max(id) FROM daemon_lives) AND ended_at IS NULL",
        { at: instant(at), failure: failure ?? null },
      );
    },
  };
}

function newestLife(database: LedgerDatabase): DaemonLife | undefined {
  const row = database.row("SELECT * FROM daemon_lives ORDER BY id DESC LIMIT 1");
  return (
    row && {
      pid: readInteger(row, "pid"),
      startedAt: readInteger(row, "started_at"),
      endedAt: readOptionalInteger(row, "ended_at"),
      failure: readOptionalText(row, "failure"),
    }
  );
}
