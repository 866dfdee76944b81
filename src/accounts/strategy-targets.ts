import { duration, freshness } from "../intake/freshness.ts";
import type { Signal } from "../domain/signal.ts";
import { isFinal, type VerdictKind } from "../domain/verdict.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { SignalRecord } from "../domain/ledger/signals.ts";
import type { StrategyTarget, StrategyShare } from "../domain/strategy-target.ts";
import { combinedTargets, targetOfAll, targetOfExit } from "../domain/strategy-target.ts";
import { formatWeight } from "../domain/format.ts";
import type { Decimal } from "../domain/decimal.ts";
import { ZERO } from "../domain/decimal.ts";
import type { RebalanceTarget } from "../domain/rebalance-target.ts";

export type StrategyTargetsLedger = Pick<Ledger, "lastStrategyTarget" | "bookHoldings" | "releasedSymbols">;

/**
 * Every strategy's targets when `signal` is executed (R31): the signal's own targets, those of runs waiting
 * behind it, and the last accepted targets of the other strategies.
 * @param waiting complete, fresh runs of other strategies (R22).
 */
export function strategyTargetsFor(
  ledger: Pick<StrategyTargetsLedger, "lastStrategyTarget">,
  strategies: readonly StrategyShare[],
  signal: Signal,
  waiting: readonly Signal[],
): StrategyTarget[] {
  if (!strategies.some(({ name }) => name === signal.strategy))
    throw new Error(`The signal ${signal.id} belongs to ${signal.strategy}, which is not configured.`);
  return strategies.flatMap((strategy) => {
    const last = ledger.lastStrategyTarget(strategy.name);
    const asking = strategy.name === signal.strategy ? signal : waiting.find((other) => other.strategy === strategy.name);
    if (asking !== undefined) return [strategyTargetOf(asking, strategy, asking === signal ? "run" : "waiting", last)];
    return last === undefined ? [] : [{ ...last, share: strategy.share }];
  });
}

/** The last accepted targets of each strategy that has sent any, with the strategies' current shares. */
export function lastStrategyTargets(
  ledger: Pick<StrategyTargetsLedger, "lastStrategyTarget">,
  strategies: readonly StrategyShare[],
): StrategyTarget[] {
  return strategies.flatMap(({ name, share }) => {
    const last = ledger.lastStrategyTarget(name);
    return last === undefined ? [] : [{ ...last, share }];
  });
}

/**
 * Symbols named by SELLs of the same strategy since `signal` was generated (R22).
 * @param recorded SELLs of the strategy that the ledger has after it; those that were never accepted do not count.
 */
export function laterExits(signal: Signal, recorded: readonly SignalRecord[], { waiting, signalMaxAgeSeconds }: ExitsUntil): Set<string> {
  // A later stamp alone does not prove that a SELL is later: our clock may have been set in between.
  const accepted = recorded.filter((record) => wasAccepted(record, signalMaxAgeSeconds));
  const later = [...accepted.map((record) => record.signal), ...waiting].filter(
    ({ kind, id, strategy, generatedAt }) =>
      kind === "exit" && id !== signal.id && strategy === signal.strategy && generatedAt >= signal.generatedAt,
  );
  return new Set(later.flatMap(({ exits }) => exits));
}

export interface ExitsUntil {
  /** Runs of all strategies that have not begun. */
  readonly waiting: readonly Signal[];
  readonly signalMaxAgeSeconds: number;
}

/** Final verdicts of a SELL that was accepted; one that was superseded before it could be executed meant it all the same. */
const OF_ACCEPTED: ReadonlySet<VerdictKind> = new Set(["executed", "duplicate", "superseded"]);

/** One that went stale counts only if it was fresh when it was recorded: what nobody read in time moves nothing (R5). */
function wasAccepted({ signal, verdict, recordedAt }: SignalRecord, signalMaxAgeSeconds: number): boolean {
  if (verdict === "stale") return freshness(signal, recordedAt, signalMaxAgeSeconds).kind === "fresh";
  return verdict === undefined || !isFinal(verdict) || OF_ACCEPTED.has(verdict);
}

/**
 * The remaining targets of an execution after its strategy dropped these symbols; other strategies' targets stay.
 * @param strategyTargets of the execution; empty when none were recorded.
 */
export function targetAfterExits(
  wanted: Extract<RebalanceTarget, { kind: "rebalance" }>,
  strategyTargets: readonly StrategyTarget[],
  strategy: string,
  exits: ReadonlySet<string>,
): RebalanceTarget {
  const without = (targets: ReadonlyMap<string, Decimal>): Map<string, Decimal> =>
    new Map([...targets].filter(([symbol]) => !exits.has(symbol)));
  const known = wanted.known === undefined ? {} : { known: new Set([...wanted.known, ...exits]) };
  if (strategyTargets.length === 0) return { ...wanted, ...known, targets: without(wanted.targets) };
  const left = strategyTargets.map((strategyTarget) =>
    strategyTarget.strategy === strategy ? { ...strategyTarget, targets: without(strategyTarget.targets) } : strategyTarget,
  );
  return { ...wanted, ...known, targets: combinedTargets(left) };
}

/** The account's targets when `signal` is executed with these strategy targets; `undefined` for HOLD. */
export function rebalanceTargetFor(
  ledger: StrategyTargetsLedger,
  strategies: readonly StrategyShare[],
  signal: Signal,
  strategyTargets: readonly StrategyTarget[],
): RebalanceTarget | undefined {
  switch (signal.kind) {
    case "rebalance":
      return targetOfAll(strategyTargets, strategies.length > 1 ? knownSymbols(ledger, strategies, signal, strategyTargets) : undefined);
    case "exit":
      return targetOfExit(signal.exits, strategyTargets);
    case "hold":
      return undefined;
  }
}

/** The runs of other strategies that may still be executed. */
export function stillWaiting(
  waiting: readonly Signal[],
  strategies: readonly StrategyShare[],
  executed: string,
  now: number,
  maxAgeSeconds: number,
): Signal[] {
  const others = new Set(strategies.map(({ name }) => name).filter((name) => name !== executed));
  return waiting.filter((run) => others.has(run.strategy) && freshness(run, now, maxAgeSeconds).kind === "fresh");
}

/** Whether a plan made with these strategy targets covers exactly the runs waiting now (R22). */
export function countsWith(strategyTargets: readonly StrategyTarget[], waiting: readonly Signal[]): boolean {
  const planned = strategyTargets.filter(({ basis }) => basis === "waiting").map(({ signalId }) => signalId);
  return planned.length === waiting.length && waiting.every(({ id }) => planned.includes(id));
}

/** `nuclear 60 % (this run, 12 s old), tecl 40 % (accepted, 3.5 h old)`. */
export function strategyTargetsText(strategyTargets: readonly StrategyTarget[], now: number): string {
  return strategyTargets
    .map(({ strategy, share, basis, generatedAt }) => {
      return `${strategy} ${formatWeight(share)} (${basis === "run" ? "this run" : basis}, ${duration(Math.max(0, now - generatedAt))} old)`;
    })
    .join(", ");
}

function strategyTargetOf(
  signal: Signal,
  { name, share }: StrategyShare,
  basis: "run" | "waiting",
  last: StrategyTarget | undefined,
): StrategyTarget {
  const { id: signalId, generatedAt } = signal;
  return { strategy: name, share, basis, signalId, generatedAt, targets: targetsAfter(signal, last) };
}

/** A SELL removes its symbols from the strategy's previous targets; the others stay. */
function targetsAfter(signal: Signal, last: StrategyTarget | undefined): StrategyTarget["targets"] {
  if (signal.kind === "rebalance") return signal.targets;
  return new Map([...(last?.targets ?? [])].filter(([symbol]) => !signal.exits.includes(symbol)));
}

/**
 * Symbols that may be sold although no target names them: a strategy targeted them last time, exits them
 * now, holds them in its sub-account, or the owner has released them (R31).
 */
function knownSymbols(
  ledger: StrategyTargetsLedger,
  strategies: readonly StrategyShare[],
  signal: Signal,
  strategyTargets: readonly StrategyTarget[],
): ReadonlySet<string> {
  const names = new Set(strategies.map(({ name }) => name));
  const before = [...names].flatMap((name) => [...(ledger.lastStrategyTarget(name)?.targets.keys() ?? [])]);
  const held = ledger.bookHoldings().filter(({ book, quantity }) => names.has(book) && quantity.gt(ZERO));
  const symbols = [
    ...strategyTargets.flatMap(({ targets }) => [...targets.keys()]),
    ...before,
    ...held.map(({ symbol }) => symbol),
    ...signal.exits,
    ...ledger.releasedSymbols(),
  ];
  return new Set(symbols.sort());
}
