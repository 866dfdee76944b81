import type { LedgerDatabase, Row } from "./database.ts";
import { instant, readOneOf, readText } from "./row.ts";

/**
 * - `skipped`: it was due before the schedule first applied.
 * - `failed`: an attempt failed, and there is no signal yet.
 * - `begun`: its alerts are about to be appended; after a crash the alerts file shows whether they were.
 * - `written`: its alerts are in the file.
 * - `missed`: it was not generated in time.
 */
export const SCHEDULED_STATES = ["skipped", "failed", "begun", "written", "missed"] as const;
export type ScheduledState = (typeof SCHEDULED_STATES)[number];

/** The one scheduled signal of a strategy for a session. */
export interface ScheduledSignal {
  readonly strategy: string;
  /** New York date of the session. */
  readonly session: string;
  readonly state: ScheduledState;
  /** The alert lines of a `begun` signal; otherwise an explanation of the state. */
  readonly detail: string;
}

/** The sessions with a scheduled signal, so that a restart does not repeat one. */
export interface ScheduledSignals {
  find(strategy: string, session: string): ScheduledSignal | undefined;
  /** Whether the strategy was ever scheduled. */
  knows(strategy: string): boolean;
  /** Replaces the entry of that strategy and session. */
  record(signal: ScheduledSignal, at: number): void;
}

/** About four years of sessions. */
const KEPT = 1_000;

export function scheduledSignalsOn(database: LedgerDatabase): ScheduledSignals {
  return {
    find: (strategy, session) => {
      const row = database.row("SELECT * FROM scheduled_signals WHERE strategy = :strategy AND session = :session", { strategy, session });
      return row && signalOf(row);
    },
    knows: (strategy) => database.row("SELECT 1 FROM scheduled_signals WHERE strategy = :strategy LIMIT 1", { strategy }) !== undefined,
    record: ({ strategy, session, state, detail }, at) => {
      database.transaction(() => {
        database.write(
          `INSERT INTO scheduled_signals (strategy, session, state, changed_at, detail) VALUES (:strategy, :session, :state, :at, :detail)
           ON CONFLICT (strategy, session) DO UPDATE SET state = :state, changed_at = :at, detail = :detail`,
          { strategy, session, state, at: instant(at), detail },
        );
        database.write(
          `DELETE FROM scheduled_signals WHERE strategy = :strategy AND session NOT IN
             (SELECT session FROM scheduled_signals WHERE strategy = :strategy ORDER BY session DESC LIMIT :kept)`,
          { strategy, kept: KEPT },
        );
      });
    },
  };
}

function signalOf(row: Row): ScheduledSignal {
  return {
    strategy: readText(row, "strategy"),
    session: readText(row, "session"),
    state: readOneOf(row, "state", SCHEDULED_STATES),
    detail: readText(row, "detail"),
  };
}
