import type { EquityHistoryPoint } from "../domain/broker.ts";
import type { SubAccountsSource } from "../accounts/bookkeeping.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { AccountReading } from "./account-reading.ts";
import { accountReport, holdingsOf, strategyReports, type AccountReport, type StrategyReport } from "./account-report.ts";
import { type ActivityReport, activityReport } from "./activity-report.ts";
import type { BenchmarkBars } from "./benchmark-prices.ts";
import { curveFromLedger, curveOf, pointsUpToNow, type EquityCurve } from "./equity-curve.ts";
import { holdingsAgainstTargets, wasAccepted, type HoldingAgainstTarget } from "./dashboard-holdings.ts";
import type { SetAside } from "./holdings-table.ts";
import { executionReport, type ExecutionReport } from "./execution-report.ts";
import { dollarsOrNull } from "./json-values.ts";
import { isoInstant } from "../domain/time-format.ts";
import { profitOf, type Profit, type ProfitReport } from "./profit-report.ts";
import { shadowReport, type ShadowFacts, type ShadowReport } from "./shadow-report.ts";
import { type StyleReport, styleReports } from "./style-report.ts";

/** Incremented when a key changes its meaning or is removed; new keys may be added at any time. */
const SCHEMA = 1;

/** Output of `report --json`. Value formats as in json-values.ts; docs/report.md describes it key by key. */
export interface Report {
  readonly schema: typeof SCHEMA;
  readonly generated_at: string;
  readonly mode: string;
  /** The period the report is about; it ends at `generated_at`. */
  readonly period: { readonly days: number; readonly from: string };
  /** What is missing and why, one sentence each. */
  readonly warnings: readonly string[];
  readonly account: AccountReport | null;
  /** What is held against the targets of the newest execution; empty when the account could not be read. */
  readonly holdings: readonly HoldingAgainstTarget[];
  /** Only in shadow mode, once the shadow account has begun. */
  readonly shadow?: ShadowReport;
  readonly equity: EquityCurve;
  readonly profit: ProfitReport;
  /** Since the ledger began, not for the period; `null` when the account could not be read. */
  readonly strategies: readonly StrategyReport[] | null;
  readonly activity: ActivityReport;
  /** Cost of each execution style, in order of first use. */
  readonly execution_styles: readonly StyleReport[];
  /** Newest first. */
  readonly executions: readonly ReportedExecution[];
}

export interface ReportedExecution extends ExecutionReport {
  /** At average cost; `null` when it sold nothing. */
  readonly realised: string | null;
}

export interface ReportFacts {
  readonly ledger: Pick<Ledger, "executionsSince" | "equitySince" | "pinnedAccount" | "signal" | "intentsOf" | "fillsOf"> &
    SubAccountsSource;
  readonly mode: string;
  readonly aside: SetAside;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly days: number;
  readonly reading: AccountReading | undefined;
  readonly history: readonly EquityHistoryPoint[] | undefined;
  readonly benchmark?: BenchmarkBars | undefined;
  readonly shadow?: ShadowFacts | undefined;
  /** What could not be read. */
  readonly problems: readonly string[];
}

const DAY_MS = 86_400_000;

export function reportStart(now: number, days: number): number {
  return now - days * DAY_MS;
}

/** Everything about a period, from the ledger and the current account. */
export function buildReport(facts: ReportFacts): Report {
  const { ledger, now, days, reading, mode } = facts;
  const from = reportStart(now, days);
  const all = ledger.executionsSince(from);
  const number = reading?.account.number ?? ledger.pinnedAccount()?.number;
  const executions = all.filter((execution) => number === undefined || execution.accountNumber === number);
  const profit = profitOf(ledger, executions, reading === undefined ? undefined : holdingsOf(reading));
  const { curve, lack } = curveFor(facts, executions, from);
  const reports = executions.map((execution) => reported(executionReport(ledger, execution), profit));
  return {
    schema: SCHEMA,
    generated_at: isoInstant(now),
    mode,
    period: { days, from: isoInstant(from) },
    warnings: [...facts.problems, ...lack, ...leftOut(all.length - executions.length, number)],
    account: reading === undefined ? null : accountReport(reading),
    holdings: reading === undefined ? [] : holdingsAgainstTargets(reading, executions.findLast(wasAccepted), facts.aside),
    ...(reading === undefined || facts.shadow === undefined ? {} : { shadow: shadowReport(facts.shadow, reading) }),
    equity: curve,
    profit: profit.report,
    strategies: reading === undefined ? null : strategyReports(ledger, reading),
    activity: activityReport(reports, curve),
    execution_styles: styleReports(reports),
    executions: reports.toReversed(),
  };
}

function curveFor(
  { ledger, reading, history, benchmark, now }: ReportFacts,
  executions: readonly ExecutionRecord[],
  from: number,
): { curve: EquityCurve; lack: readonly string[] } {
  const points = reading === undefined || history === undefined ? undefined : pointsUpToNow(history, reading, now);
  if (points !== undefined) return { curve: curveOf(points, benchmark), lack: [] };
  const known = new Set(executions.map(({ id }) => id));
  const snapshots = ledger.equitySince(from).filter(({ executionId }) => executionId !== undefined && known.has(executionId));
  const lack = "Deposits and withdrawals are unknown, so no return is shown. Equity is as recorded after each execution.";
  return { curve: curveFromLedger(snapshots), lack: [lack] };
}

function leftOut(count: number, number: string | undefined): string[] {
  return count === 0 ? [] : [`${String(count)} of the executions were for an account other than ${number ?? ""} and are excluded.`];
}

function reported(report: ExecutionReport, { byExecution }: Profit): ReportedExecution {
  return { ...report, realised: dollarsOrNull(byExecution.get(report.id)) };
}
