import { TraderError } from "../domain/errors.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { Signal } from "../domain/signal.ts";
import type { LineSummary, PlanSummary } from "../domain/ledger/summaries.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { isOnTargetReason, type SkipReason } from "../portfolio/plan.ts";
import { toText, ZERO } from "../domain/decimal.ts";

/** One symbol over the whole execution, from the plans of both phases. */
export interface FinalLine {
  readonly symbol: string;
  /** Fraction of the base as decimal text; values likewise, in dollars. */
  readonly targetWeight: string;
  readonly targetValue: string;
  readonly ordered: "sell" | "buy" | "none";
  /** The buys were only estimated: the execution ended before they were planned. */
  readonly neverSent: boolean;
  readonly leftAlone: SkipReason | undefined;
  readonly detail: string;
}

/**
 * One line per symbol, ordered by symbol. In the plan of the buys a reduced symbol is within its band or
 * missing, so the purpose of its sell is taken from the first plan.
 */
export function finalLines(execution: Pick<ExecutionRecord, "plan" | "offHours">): FinalLine[] {
  const plan = execution.plan;
  if (plan === undefined) return [];
  const first = bySymbol(plan.selling.lines);
  const second = bySymbol(plan.buying?.lines ?? []);
  const symbols = [...new Set([...first.keys(), ...second.keys()])].sort();
  return symbols.flatMap((symbol) => {
    const line = finalLine(first.get(symbol), second.get(symbol), plan, execution.offHours);
    return line === undefined ? [] : [line];
  });
}

/** Protected symbols, and those that an exit does not name, have no target; zero would be wrong. */
export function isWanted({ wanted }: Pick<ExecutionRecord, "wanted">, line: FinalLine): boolean {
  if (line.leftAlone === "protected") return false;
  return wanted.kind === "rebalance" || wanted.symbols.includes(line.symbol);
}

function finalLine(
  first: LineSummary | undefined,
  second: LineSummary | undefined,
  plan: PlanSummary,
  offHours: boolean,
): FinalLine | undefined {
  const last = second ?? first;
  if (last === undefined) return undefined;
  const sold = plan.selling.sells.some((order) => order.symbol === last.symbol);
  const buys = (plan.buying ?? plan.selling).buys;
  const bought = buys.some((order) => order.symbol === last.symbol);
  const leftAfter = reasonOf(second);
  const told = sold && (leftAfter === undefined || isOnTargetReason(leftAfter)) ? (first ?? last) : last;
  return {
    symbol: last.symbol,
    targetWeight: last.targetWeight,
    targetValue: last.targetValue,
    ordered: sold ? "sell" : bought ? "buy" : "none",
    neverSent: !sold && bought && plan.buying === undefined && !offHours,
    leftAlone: reasonOf(told),
    detail: told.detail,
  };
}

function bySymbol(lines: readonly LineSummary[]): Map<string, LineSummary> {
  return new Map(lines.map((line) => [line.symbol, line]));
}

/** The ledger stores the reason's code as it was when written. */
function reasonOf(line: LineSummary | undefined): SkipReason | undefined {
  return line?.leftAlone as SkipReason | undefined;
}

/** Symbol → weight as decimal text. An exit's targets for its symbols are what other strategies keep. */
export function wantedWeights({ wanted }: Pick<ExecutionRecord, "wanted">): Record<string, string> {
  if (wanted.kind === "exit") return Object.fromEntries(wanted.symbols.map((symbol) => [symbol, toText(wanted.kept?.get(symbol) ?? ZERO)]));
  return Object.fromEntries([...wanted.targets].map(([symbol, weight]) => [symbol, toText(weight)]));
}

/** Symbol → weight as decimal text; for an exit, every symbol to sell, with zero. */
export function signalWeights({ kind, exits, targets }: Pick<Signal, "kind" | "exits" | "targets">): Record<string, string> {
  return wantedWeights({ wanted: kind === "exit" ? { kind, symbols: exits } : { kind: "rebalance", targets } });
}

/** @throws TraderError `unknown-execution` when the ledger holds no such execution. */
export function knownExecution(ledger: Pick<Ledger, "execution">, id: string): ExecutionRecord {
  const execution = ledger.execution(id);
  if (execution === undefined) throw new TraderError(`The ledger has no execution ${id}.`, { code: "unknown-execution" });
  return execution;
}
