import type { StrategyTarget, StrategyTargetBasis } from "../domain/strategy-target.ts";
import { ONE, toText } from "../domain/decimal.ts";
import type { LedgerDatabase, Row } from "./database.ts";
import { decimalPairs, instant, readDecimal, readDecimalPairs, readInteger, readJson, readOneOf, readText, readTexts } from "./row.ts";
import { ACCEPTED } from "./signals.ts";

const BASES = ["run", "waiting", "accepted"] as const satisfies readonly StrategyTargetBasis[];

export function recordStrategyTargets(database: LedgerDatabase, executionId: string, strategyTargets: readonly StrategyTarget[]): void {
  database.transaction(() => {
    for (const strategyTarget of strategyTargets) recordStrategyTarget(database, executionId, strategyTarget);
  });
}

/** In configuration order. */
export function strategyTargetsOf(database: LedgerDatabase, executionId: string): StrategyTarget[] {
  return database.rows("SELECT * FROM claims WHERE execution_id = :executionId ORDER BY number", { executionId }).map(strategyTargetOf);
}

export function lastStrategyTarget(database: LedgerDatabase, strategy: string): StrategyTarget | undefined {
  const row = database.row(
    `SELECT claims.* FROM claims JOIN executions ON executions.id = claims.execution_id
     WHERE claims.strategy = :strategy AND ${ACCEPTED} ORDER BY claims.number DESC LIMIT 1`,
    { strategy },
  );
  return row === undefined ? strategyTargetBeforeRecords(database, strategy) : { ...strategyTargetOf(row), basis: "accepted" };
}

/** For executions of a version that recorded no strategy targets: the newest accepted targets, without symbols exited since. */
function strategyTargetBeforeRecords(database: LedgerDatabase, strategy: string): StrategyTarget | undefined {
  const accepted = database.rows(
    `SELECT * FROM signals WHERE strategy = :strategy AND kind IN ('rebalance', 'exit')
       AND EXISTS (SELECT 1 FROM executions WHERE signal_id = signals.id AND ${ACCEPTED})
       AND number >= coalesce((SELECT max(number) FROM signals AS latest WHERE strategy = :strategy AND kind = 'rebalance'
         AND EXISTS (SELECT 1 FROM executions WHERE signal_id = latest.id AND ${ACCEPTED})), 0)
     ORDER BY number`,
    { strategy },
  );
  const newest = accepted.at(-1);
  if (newest === undefined) return undefined;
  const targets = new Map(accepted.flatMap((row) => [...readDecimalPairs(readJson(row, "targets"), "targets")]));
  for (const symbol of accepted.flatMap((row) => readTexts(row, "exits"))) targets.delete(symbol);
  return {
    strategy,
    share: ONE,
    basis: "accepted",
    signalId: readText(newest, "id"),
    generatedAt: readInteger(newest, "generated_at"),
    targets,
  };
}

export function releaseSymbol(database: LedgerDatabase, symbol: string, at: number): void {
  database.write("INSERT INTO releases (symbol, at) VALUES (:symbol, :at)", { symbol, at: instant(at) });
}

/** A release ends when the whole position has been sold; later purchases need a new one. */
export function releasedSymbols(database: LedgerDatabase): string[] {
  const rows = database.rows(
    `SELECT DISTINCT symbol FROM releases WHERE NOT EXISTS (
       SELECT 1 FROM intents WHERE intents.symbol = releases.symbol AND filled_quantity <> '0' AND full_exit = 1
         AND status = 'filled' AND recorded_at >= releases.at)
     ORDER BY symbol`,
  );
  return rows.map((row) => readText(row, "symbol"));
}

function recordStrategyTarget(database: LedgerDatabase, executionId: string, strategyTarget: StrategyTarget): void {
  database.write(
    `INSERT INTO claims (execution_id, strategy, share, basis, signal_id, generated_at, targets)
     VALUES (:executionId, :strategy, :share, :basis, :signalId, :generatedAt, :targets)`,
    {
      executionId,
      strategy: strategyTarget.strategy,
      share: toText(strategyTarget.share),
      basis: strategyTarget.basis,
      signalId: strategyTarget.signalId,
      generatedAt: instant(strategyTarget.generatedAt),
      targets: decimalPairs(strategyTarget.targets),
    },
  );
}

function strategyTargetOf(row: Row): StrategyTarget {
  return {
    strategy: readText(row, "strategy"),
    share: readDecimal(row, "share"),
    basis: readOneOf(row, "basis", BASES),
    signalId: readText(row, "signal_id"),
    generatedAt: readInteger(row, "generated_at"),
    targets: readDecimalPairs(readJson(row, "targets"), "targets"),
  };
}
