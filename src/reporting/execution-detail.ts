import type { SignalEntry } from "./dashboard-data.ts";
import type { AccountSummary, PhaseSummary, PlanSummary, PriceSummary } from "../domain/ledger/summaries.ts";
import type { Ledger } from "../domain/ledger.ts";
import { type ExecutionReport, executionReport } from "./execution-report.ts";
import { isoInstant } from "../domain/time-format.ts";
import { knownExecution, wantedWeights } from "./plan-lines.ts";

/** The decision record of one execution, as shown by `explain`. Value formats as in json-values.ts. */
export interface ExecutionDetail {
  /** Orders, fills, cost against the decision, delays and residuals. */
  readonly execution: ExecutionReport;
  /** The signal; `null` when it is no longer in the ledger. */
  readonly signal: SignalDetail | null;
  /** Symbol → weight; for an exit, every symbol to sell, with zero. */
  readonly wanted: Readonly<Record<string, string>>;
  readonly account_before: AccountSummary | null;
  readonly account_after: AccountSummary | null;
  /** Prices observed before the plan, with their age at that time. */
  readonly prices: readonly ObservedPrice[];
  readonly plan: { readonly selling: PhaseSummary; readonly buying: PhaseSummary | null } | null;
  readonly steps: readonly { readonly at: string; readonly kind: string; readonly text: string }[];
}

export interface SignalDetail extends Omit<SignalEntry, "age_ms" | "targets" | "verdict_at"> {
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

type DetailSource = Pick<Ledger, "execution" | "signal" | "lines" | "intentsOf" | "fillsOf" | "notesOf">;

/** @throws TraderError `unknown-execution` when the ledger holds no such execution. */
export function executionDetail(ledger: DetailSource, executionId: string): ExecutionDetail {
  const execution = knownExecution(ledger, executionId);
  const before = execution.accountBefore ?? null;
  return {
    execution: executionReport(ledger, execution),
    signal: signalDetail(ledger, execution.signalId),
    wanted: wantedWeights(execution),
    account_before: before,
    account_after: execution.accountAfter ?? null,
    prices: before === null ? [] : (before.prices ?? []).map((price) => observedPrice(price, before.at)),
    plan: planDetail(execution.plan),
    steps: ledger.notesOf(executionId).map(({ at, kind, text }) => ({ at: isoInstant(at), kind, text })),
  };
}

function planDetail(plan: PlanSummary | undefined): ExecutionDetail["plan"] {
  return plan === undefined ? null : { selling: plan.selling, buying: plan.buying ?? null };
}

function signalDetail(ledger: DetailSource, id: string): SignalDetail | null {
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
    verdict: record.verdict ?? null,
    verdict_reason: record.verdictReason ?? null,
    lines: signal.lineHashes.flatMap((hash) => known.get(hash) ?? []).map(({ text, verdict }) => ({ text, verdict: verdict ?? null })),
  };
}

function observedPrice({ symbol, source, price, bid, ask, at }: PriceSummary, seenAt: number): ObservedPrice {
  return { symbol, source, price, bid: bid ?? null, ask: ask ?? null, at: isoInstant(at), age_ms: Math.max(0, seenAt - at) };
}
