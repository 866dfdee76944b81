import type { SubAccountsSource } from "../accounts/bookkeeping.ts";
import type { StreamState } from "../domain/broker.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { IntentRecord } from "../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { SignalRecord } from "../domain/ledger/signals.ts";
import type { AccountReading } from "./account-reading.ts";
import { type HaltReport, resumptions } from "./resumption.ts";
import type { ShownAccount } from "./shown-account.ts";
import { accountReport, holdingsOf, strategyReports, type AccountReport, type StrategyReport } from "./account-report.ts";
import { type EquityCurves, equityCurves, type EquityHistories } from "./curve-ranges.ts";
import { type HoldingAgainstTarget, holdingsAgainstTargets, wasAccepted } from "./dashboard-holdings.ts";
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
  /** The same halt with its time, and what a resume would run. */
  readonly halt: HaltReport | null;
  /** Why alerts are refused, one sentence per strategy; only the daemon knows. */
  readonly alerts_problems: readonly string[];
  readonly daemon: { readonly pid: number; readonly since: string } | null;
  readonly market: { readonly is_open: boolean; readonly next_open: string; readonly next_close: string } | null;
  readonly broker: BrokerHealth;
  /** The newest run that produced a signal. */
  readonly last_alert: SignalEntry | null;
  readonly account: AccountReport | null;
  /** When the account was as shown. */
  readonly account_as_of: string | null;
  /** Where it comes from; `null` while nothing is known. Holdings and sub-accounts are from the same time. */
  readonly account_source: ShownAccount["source"] | null;
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
  /** False also while the first answer is awaited. */
  readonly reachable: boolean;
  /** How long the answer in progress has been awaited; `null` when none is. */
  readonly waiting_ms: number | null;
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
  /** How its newest execution ended; `null` before that, and when there is none. */
  readonly outcome: string | null;
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
    "recentSignals" | "recentExecutions" | "openExecutions" | "signal" | "intentsOf" | "fillsOf" | "pinnedAccount" | "executionOfSignal"
  > &
    SubAccountsSource;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly mode: string;
  readonly modeReason: string;
  readonly halt: { readonly reason: string; readonly at: string } | undefined;
  /** SIGNAL_MAX_AGE_SECONDS. */
  readonly signalMaxAgeMs: number;
  readonly alertsProblems: readonly string[];
  readonly daemon: { readonly pid: number; readonly since: number } | undefined;
  readonly brokerName: string;
  readonly stream: StreamState | undefined;
  readonly shown: ShownAccount | undefined;
  /** Whether the broker gave its newest answer. */
  readonly brokerAnswers: boolean;
  readonly brokerWaitingMs: number | undefined;
  readonly histories: EquityHistories;
  readonly problems: readonly string[];
  readonly aside: SetAside;
  /** Maximum number of signals and executions shown. */
  readonly limit: number;
}

/** A pure function of its input, so that the daemon and a separate dashboard show the same. */
export function dashboardData(facts: DashboardFacts): DashboardData {
  const { ledger, now, shown, halt } = facts;
  const reading = shown?.reading;
  const recent = ledger.recentExecutions(facts.limit);
  const signals = ledger.recentSignals(facts.limit).map((record) => signalEntry(record, now, ledger));
  return {
    generated_at: isoInstant(now),
    mode: facts.mode,
    mode_reason: facts.modeReason,
    halted: halt?.reason ?? null,
    halt:
      halt === undefined
        ? null
        : { reason: halt.reason, since: halt.at === "" ? null : halt.at, resumes: resumptions(signals, facts.signalMaxAgeMs, now) },
    alerts_problems: facts.alertsProblems,
    daemon: facts.daemon === undefined ? null : { pid: facts.daemon.pid, since: isoInstant(facts.daemon.since) },
    market: reading === undefined ? null : marketOf(reading),
    broker: {
      name: facts.brokerName,
      reachable: facts.brokerAnswers,
      waiting_ms: facts.brokerWaitingMs ?? null,
      problems: [...facts.problems, ...(facts.brokerAnswers ? (reading?.problems ?? []) : [])],
      stream: facts.stream ?? null,
    },
    last_alert: signals[0] ?? null,
    account: reading === undefined ? null : accountReport(reading),
    account_as_of: isoOrNull(shown?.at),
    account_source: shown?.source ?? null,
    holdings: reading === undefined ? [] : holdingsAgainstTargets(reading, recent.find(wasAccepted), facts.aside),
    equity: equityCurves(facts.histories, reading, now),
    running: ledger.openExecutions().map((execution) => runningExecution(ledger, execution)),
    signals,
    executions: recent.map((execution) => executionReport(ledger, execution)),
    profit: profitOf(ledger, recent.toReversed(), reading === undefined ? undefined : holdingsOf(reading)).report,
    strategies: reading === undefined ? null : strategyReports(ledger, reading),
  };
}

export function marketOf({ market }: Pick<AccountReading, "market">): DashboardData["market"] {
  if (market === undefined) return null;
  return { is_open: market.isOpen, next_open: isoInstant(market.nextOpen), next_close: isoInstant(market.nextClose) };
}

export function signalEntry(
  { signal, verdict, verdictReason, verdictAt }: SignalRecord,
  now: number,
  ledger: Pick<Ledger, "executionOfSignal">,
): SignalEntry {
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
    outcome: ledger.executionOfSignal(signal.id)?.outcome ?? null,
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
