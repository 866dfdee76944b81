import type { SubAccountsSource } from "../accounts/bookkeeping.ts";
import type { StreamState } from "../domain/broker.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { IntentRecord } from "../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { SignalRecord } from "../domain/ledger/signals.ts";
import type { AccountReading } from "./account-reading.ts";
import { accountReport, holdingsOf, strategyReports, type AccountReport, type StrategyReport } from "./account-report.ts";
import { type EquityCurves, equityCurves, type EquityHistories } from "./curve-ranges.ts";
import { type HoldingAgainstTarget, holdingsAgainstTargets } from "./dashboard-holdings.ts";
import type { SetAside } from "./holdings-table.ts";
import { type ExecutionReport, executionReport } from "./execution-report.ts";
import { isoOrNull } from "./json-values.ts";
import { isoInstant } from "../domain/time-format.ts";
import { type ProfitReport, profitOf } from "./profit-report.ts";
import { type OrderEntry, orderEntry } from "./trade-record.ts";
import { signalWeights } from "./plan-lines.ts";

/** All dashboard data, ready to send. Value formats as in json-values.ts; `null` means unknown. */
export interface DashboardData {
  readonly generated_at: string;
  readonly mode: string;
  readonly mode_reason: string;
  readonly halted: string | null;
  /** Why alerts are refused, one sentence per strategy; only the daemon knows. */
  readonly alerts_problems: readonly string[];
  readonly daemon: { readonly pid: number; readonly since: string } | null;
  readonly market: { readonly is_open: boolean; readonly next_open: string; readonly next_close: string } | null;
  readonly broker: BrokerHealth;
  /** The newest run that produced a signal. */
  readonly last_alert: SignalEntry | null;
  readonly account: AccountReport | null;
  readonly holdings: readonly HoldingAgainstTarget[];
  readonly equity: EquityCurves;
  /** Executions that have not ended, oldest first. */
  readonly running: readonly RunningExecution[];
  /** Newest first, like the executions. */
  readonly signals: readonly SignalEntry[];
  readonly executions: readonly ExecutionReport[];
  /** Orders of the executions shown. */
  readonly profit: ProfitReport;
  readonly strategies: readonly StrategyReport[] | null;
}

export interface BrokerHealth {
  readonly name: string;
  readonly reachable: boolean;
  /** What could not be read, one sentence each. */
  readonly problems: readonly string[];
  /** State of the order update stream; `null` when no daemon follows it. */
  readonly stream: StreamState | null;
}

export interface SignalEntry {
  readonly id: string;
  readonly strategy: string;
  readonly kind: string;
  readonly generated_at: string;
  readonly arrived_at: string;
  /** Since it was generated. */
  readonly age_ms: number;
  readonly reason: string;
  /** Symbol → weight; for an exit, every symbol to sell, with zero. */
  readonly targets: Readonly<Record<string, string>>;
  readonly verdict: string | null;
  readonly verdict_reason: string | null;
  readonly verdict_at: string | null;
}

export interface RunningExecution {
  readonly id: string;
  readonly signal_id: string;
  readonly phase: string;
  /** `queued` while its orders wait for the open. */
  readonly outcome: string | null;
  readonly started_at: string;
  readonly deadline: string;
  /** Including those not sent yet. */
  readonly orders: readonly RunningOrder[];
}

export interface RunningOrder extends OrderEntry {
  readonly phase: string;
  readonly state: IntentRecord["state"];
}

export interface DashboardFacts {
  readonly ledger: Pick<
    Ledger,
    "recentSignals" | "recentExecutions" | "openExecutions" | "signal" | "intentsOf" | "fillsOf" | "pinnedAccount"
  > &
    SubAccountsSource;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly mode: string;
  readonly modeReason: string;
  readonly halted: string | undefined;
  readonly alertsProblems: readonly string[];
  readonly daemon: { readonly pid: number; readonly since: number } | undefined;
  readonly brokerName: string;
  readonly stream: StreamState | undefined;
  readonly reading: AccountReading | undefined;
  readonly histories: EquityHistories;
  readonly problems: readonly string[];
  readonly aside: SetAside;
  /** Maximum number of signals and executions shown. */
  readonly limit: number;
}

/** A pure function of its input, so that the daemon and a separate dashboard show the same. */
export function dashboardData(facts: DashboardFacts): DashboardData {
  const { ledger, now, reading } = facts;
  const recent = ledger.recentExecutions(facts.limit);
  const signals = ledger.recentSignals(facts.limit).map((record) => signalEntry(record, now));
  return {
    generated_at: isoInstant(now),
    mode: facts.mode,
    mode_reason: facts.modeReason,
    halted: facts.halted ?? null,
    alerts_problems: facts.alertsProblems,
    daemon: facts.daemon === undefined ? null : { pid: facts.daemon.pid, since: isoInstant(facts.daemon.since) },
    market: reading === undefined ? null : marketOf(reading),
    broker: {
      name: facts.brokerName,
      reachable: reading !== undefined,
      problems: [...facts.problems, ...(reading?.problems ?? [])],
      stream: facts.stream ?? null,
    },
    last_alert: signals[0] ?? null,
    account: reading === undefined ? null : accountReport(reading),
    holdings: reading === undefined ? [] : holdingsAgainstTargets(reading, recent.find(wasAccepted), facts.aside),
    equity: equityCurves(facts.histories, reading, now),
    running: ledger.openExecutions().map((execution) => runningExecution(ledger, execution)),
    signals,
    executions: recent.map((execution) => executionReport(ledger, execution)),
    profit: profitOf(ledger, recent.toReversed(), reading === undefined ? undefined : holdingsOf(reading)).report,
    strategies: reading === undefined ? null : strategyReports(ledger, reading),
  };
}

/** Whether the account follows its plan: it has started, or found nothing to do. */
function wasAccepted({ begunAt, outcome }: ExecutionRecord): boolean {
  return begunAt !== undefined || outcome === "on-target" || outcome === "off-target";
}

export function marketOf({ market }: AccountReading): DashboardData["market"] {
  return { is_open: market.isOpen, next_open: isoInstant(market.nextOpen), next_close: isoInstant(market.nextClose) };
}

export function signalEntry({ signal, verdict, verdictReason, verdictAt }: SignalRecord, now: number): SignalEntry {
  return {
    id: signal.id,
    strategy: signal.strategy,
    kind: signal.kind,
    generated_at: isoInstant(signal.generatedAt),
    arrived_at: isoInstant(signal.arrivedAt),
    age_ms: Math.max(0, now - signal.generatedAt),
    reason: signal.reason,
    targets: signalWeights(signal),
    verdict: verdict ?? null,
    verdict_reason: verdictReason ?? null,
    verdict_at: isoOrNull(verdictAt),
  };
}

/** A running execution with the current state of all its orders, for the live view. */
export function runningExecution(ledger: Pick<Ledger, "intentsOf" | "fillsOf">, execution: ExecutionRecord): RunningExecution {
  const fills = ledger.fillsOf(execution.id);
  return {
    id: execution.id,
    signal_id: execution.signalId,
    phase: execution.phase,
    outcome: execution.outcome ?? null,
    started_at: isoInstant(execution.startedAt),
    deadline: isoInstant(execution.deadline),
    orders: ledger.intentsOf(execution.id).map((intent) => ({ ...orderEntry(intent, fills), phase: intent.phase, state: intent.state })),
  };
}
