import type { Ledger } from "../domain/ledger.ts";
import type { VerdictRecord } from "../domain/ledger/alert-lines.ts";
import { isoInstant } from "../domain/time-format.ts";
import { signalEntry, type SignalEntry } from "../reporting/dashboard-data.ts";

/** A verdict over lines without a signal. */
export interface LinesVerdict {
  readonly at: string;
  readonly strategy: string;
  readonly verdict: string;
  readonly reason: string;
  readonly lines: number;
}

export interface SignalHistory {
  /** Newest first, like the others. */
  readonly signals: readonly SignalEntry[];
  readonly lines: readonly LinesVerdict[];
}

/** Of lines without a signal. Waiting lines have their verdict once their strategy gets a later one. */
function stillHolds({ signalId, verdict, strategy }: VerdictRecord, index: number, newestFirst: readonly VerdictRecord[]): boolean {
  if (signalId !== undefined || verdict === "history") return false;
  return verdict !== "waiting" || !newestFirst.slice(0, index).some((later) => later.strategy === strategy);
}

/** @param limit how many of each. @param now milliseconds since the epoch. */
export function signalHistory(
  ledger: Pick<Ledger, "recentSignals" | "recentVerdicts" | "executionOfSignal">,
  limit: number,
  now: number,
): SignalHistory {
  return {
    signals: ledger.recentSignals(limit).map((record) => signalEntry(record, now, ledger)),
    lines: ledger
      .recentVerdicts(limit)
      .filter(stillHolds)
      .map(({ at, strategy, verdict, reason, lines }) => ({ at: isoInstant(at), strategy, verdict, reason, lines })),
  };
}
