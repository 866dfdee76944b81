import type { Signal } from "../domain/signal.ts";
import type { Verdict } from "../domain/verdict.ts";
import { isFinal, VERDICT_KINDS } from "../domain/verdict.ts";
import type { LedgerDatabase, Row } from "./database.ts";
import type { SignalRecord } from "../domain/ledger/signals.ts";
import { setLineVerdicts } from "./lines.ts";
import {
  decimalPairs,
  instant,
  readDecimalPairs,
  readInteger,
  readJson,
  readOneOf,
  readOptionalInteger,
  readOptionalOneOf,
  readOptionalText,
  readText,
  readTextPairs,
  readTexts,
  textPairs,
} from "./row.ts";
import { appendVerdict } from "./verdicts.ts";

const SIGNAL_KINDS = ["rebalance", "exit", "hold"] as const satisfies readonly Signal["kind"][];

export function recordSignal(database: LedgerDatabase, signal: Signal, at: number): void {
  database.write(
    `INSERT INTO signals (id, strategy, kind, targets, exits, generated_at, oldest_stamp, arrived_at, last_line_at, reason,
       alert_prices, line_hashes, recorded_at)
     VALUES (:id, :strategy, :kind, :targets, :exits, :generatedAt, :oldestStamp, :arrivedAt, :lastLineAt, :reason,
       :alertPrices, :lineHashes, :recordedAt) ON CONFLICT (id) DO NOTHING`,
    {
      id: signal.id,
      strategy: signal.strategy,
      kind: signal.kind,
      targets: decimalPairs(signal.targets),
      exits: JSON.stringify(signal.exits),
      generatedAt: instant(signal.generatedAt),
      oldestStamp: instant(signal.oldestStamp),
      arrivedAt: instant(signal.arrivedAt),
      lastLineAt: instant(signal.lastLineAt),
      reason: signal.reason,
      alertPrices: textPairs(signal.alertPrices),
      lineHashes: JSON.stringify(signal.lineHashes),
      recordedAt: instant(at),
    },
  );
}

export function findSignal(database: LedgerDatabase, id: string): SignalRecord | undefined {
  return database.records("signals", "SELECT * FROM signals WHERE id = :id", { id }, signalOf)[0];
}

export function recentSignals(database: LedgerDatabase, limit: number): SignalRecord[] {
  return database.records("signals", "SELECT * FROM signals ORDER BY number DESC LIMIT :limit", { limit }, signalOf);
}

export function exitsAfter(database: LedgerDatabase, id: string): SignalRecord[] {
  const sql = `SELECT later.* FROM signals AS own JOIN signals AS later ON later.number > own.number
    WHERE own.id = :id AND later.kind = 'exit' AND later.strategy = own.strategy ORDER BY later.number DESC`;
  return database.records("signals", sql, { id }, signalOf);
}

/**
 * The signal of an execution counts as accepted (R31) once the broker has an order of it, when it finished
 * without needing one, and when it ended with orders not known to exist, because that signal is never
 * executed again.
 */
export const ACCEPTED = "(executions.begun_at IS NOT NULL OR executions.outcome IN ('on-target', 'off-target', 'incomplete'))";

export function lastAcceptedSignal(database: LedgerDatabase, strategy: string, kind: Signal["kind"] | undefined): SignalRecord | undefined {
  const row = database.row(
    `SELECT * FROM signals WHERE strategy = :strategy AND kind LIKE :kind
       AND EXISTS (SELECT 1 FROM executions WHERE signal_id = signals.id AND ${ACCEPTED})
     ORDER BY number DESC LIMIT 1`,
    { strategy, kind: kind ?? "%" },
  );
  return row && signalOf(row);
}

/** Judges a signal and its lines together, with one entry in the history (R7). */
export function judgeSignal(database: LedgerDatabase, id: string, verdict: Verdict, at: number): void {
  database.transaction(() => {
    const record = findSignal(database, id);
    if (record === undefined) throw new Error(`The ledger has no signal ${id} to judge.`);
    // An executed signal stays executed; the result of its newest execution may change when the rest is traded (R33).
    const isTakenUp = record.verdict === "executed" && verdict.kind === "executed";
    if (record.verdict !== undefined && isFinal(record.verdict) && !isTakenUp) return;
    const { strategy, lineHashes } = record.signal;
    setLineVerdicts(database, { strategy, hashes: lineHashes, verdict, signalId: id });
    if (record.verdict === verdict.kind && record.verdictReason === verdict.reason) return;
    setSignalVerdict(database, id, verdict, at);
    appendVerdict(database, { strategy, verdict, at, signalId: id, lines: lineHashes.length });
  });
}

function setSignalVerdict(database: LedgerDatabase, id: string, verdict: Verdict, at: number): void {
  database.write("UPDATE signals SET verdict = :kind, verdict_reason = :reason, verdict_at = :at WHERE id = :id", {
    id,
    kind: verdict.kind,
    reason: verdict.reason,
    at: instant(at),
  });
}

function signalOf(row: Row): SignalRecord {
  return {
    signal: {
      id: readText(row, "id"),
      strategy: readText(row, "strategy"),
      kind: readOneOf(row, "kind", SIGNAL_KINDS),
      targets: readDecimalPairs(readJson(row, "targets"), "targets"),
      exits: readTexts(row, "exits"),
      generatedAt: readInteger(row, "generated_at"),
      oldestStamp: readInteger(row, "oldest_stamp"),
      arrivedAt: readInteger(row, "arrived_at"),
      lastLineAt: readInteger(row, "last_line_at"),
      reason: readText(row, "reason"),
      alertPrices: readTextPairs(readJson(row, "alert_prices"), "alert_prices"),
      lineHashes: readTexts(row, "line_hashes"),
    },
    recordedAt: readInteger(row, "recorded_at"),
    verdict: readOptionalOneOf(row, "verdict", VERDICT_KINDS),
    verdictReason: readOptionalText(row, "verdict_reason"),
    verdictAt: readOptionalInteger(row, "verdict_at"),
  };
}
