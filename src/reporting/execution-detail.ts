import type { SignalEntry } from "./dashboard-data.ts";
import type { PriceSummary } from "../domain/ledger/summaries.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { accountRecord, planRecord, type AccountRecord, type PlanRecord } from "./decision-record.ts";
import { type ExecutionReport, executionReport } from "./execution-report.ts";
import { isoInstant } from "../domain/time-format.ts";
import { knownExecution, signalWeights, wantedWeights } from "./plan-lines.ts";

/** The decision record of one execution with its signal. Value formats as in json-values.ts. */
export interface ExecutionDetail extends ExecutionDecision {
  /** `null` when it is no longer in the ledger. */
  readonly signal: SignalDetail | null;
}

/** Why each symbol was traded or left alone. */
export interface ExecutionDecision {
  /** Orders, fills, cost against the decision, delays and residuals. */
  readonly execution: ExecutionReport;
  /** Symbol → weight; for an exit, every symbol to sell, with zero. */
  readonly wanted: Readonly<Record<string, string>>;
  readonly account_before: AccountRecord | null;
  readonly account_after: AccountRecord | null;
  /** Prices observed before the plan, with their age at that time. */
  readonly prices: readonly ObservedPrice[];
  readonly plan: PlanRecord | null;
  readonly steps: readonly { readonly at: string; readonly kind: string; readonly text: string }[];
}

export interface SignalDetail extends Omit<SignalEntry, "age_ms" | "verdict_at" | "outcome"> {
  readonly lines: readonly { readonly text: string; readonly verdict: string | null }[];
}

interface ObservedPrice {
  readonly symbol: string;
  readonly source: PriceSummary["source"];
  readonly price: string;
  readonly bid: string | null;
  readonly ask: string | null;
  readonly at: string;
  readonly age_ms: number;
}

export type DetailSource = Pick<Ledger, "execution" | "signal" | "lines" | "intentsOf" | "fillsOf" | "notesOf">;

/** @throws TraderError `unknown-execution` when the ledger holds no such execution. */
export function executionDetail(ledger: DetailSource, executionId: string): ExecutionDetail {
  const execution = knownExecution(ledger, executionId);
  return { ...executionDecision(ledger, execution), signal: signalDetail(ledger, execution.signalId) };
}

export function executionDecision(ledger: DetailSource, execution: ExecutionRecord): ExecutionDecision {
  const before = execution.accountBefore;
  return {
    execution: executionReport(ledger, execution),
    wanted: wantedWeights(execution),
    account_before: accountRecord(before),
    account_after: accountRecord(execution.accountAfter),
    prices: before?.prices?.map((price) => observedPrice(price, before.at)) ?? [],
    plan: planRecord(execution.plan),
    steps: ledger.notesOf(execution.id).map(({ at, kind, text }) => ({ at: isoInstant(at), kind, text })),
  };
}

export function signalDetail(ledger: DetailSource, id: string): SignalDetail | null {
  const record = ledger.signal(id);
  if (record === undefined) return null;
  const { signal } = record;
  const known = ledger.lines(signal.strategy, signal.lineHashes);
  return {
    id,
    strategy: signal.strategy,
    kind: signal.kind,
    generated_at: isoInstant(signal.generatedAt),
    arrived_at: isoInstant(signal.arrivedAt),
    reason: signal.reason,
    targets: signalWeights(signal),
    verdict: record.verdict ?? null,
    verdict_reason: record.verdictReason ?? null,
    lines: signal.lineHashes.flatMap((hash) => known.get(hash) ?? []).map(({ text, verdict }) => ({ text, verdict: verdict ?? null })),
  };
}

function observedPrice({ symbol, source, price, bid, ask, at }: PriceSummary, seenAt: number): ObservedPrice {
  return { symbol, source, price, bid: bid ?? null, ask: ask ?? null, at: isoInstant(at), age_ms: Math.max(0, seenAt - at) };
}
