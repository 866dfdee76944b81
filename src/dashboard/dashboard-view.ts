import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../domain/clock.ts";
import type { Config } from "../domain/config.ts";
import { messageOf, TraderError } from "../domain/errors.ts";
import { type HaltOrder, readHalt } from "../machine/halt.ts";
import { alertsProblems } from "../intake/intake-state.ts";
import type { VerdictRecord } from "../domain/ledger/alert-lines.ts";
import type { LedgerReader } from "../ledger/sqlite-ledger.ts";
import { curveFromLedger, type EquityCurve } from "../reporting/equity-curve.ts";
import { equityCurves, type CurveRange } from "../reporting/curve-ranges.ts";
import {
  dashboardData,
  runningExecution,
  signalEntry,
  type DashboardData,
  type DashboardFacts,
  type RunningExecution,
  type SignalEntry,
} from "../reporting/dashboard-data.ts";
import { executionDetail, type ExecutionDetail } from "../reporting/execution-detail.ts";
import { executionReport, type ExecutionReport } from "../reporting/execution-report.ts";
import { isoInstant } from "../domain/time-format.ts";
import { shownAccount, type BrokerReading, type ShownAccount } from "../reporting/shown-account.ts";
import { BrokerView, Remembered, type BrokerAccess } from "./broker-view.ts";
import { healthOf, type DaemonState, type Health } from "./health.ts";
import { LedgerView } from "./ledger-view.ts";

export interface DashboardSource {
  readonly config: Pick<
    Config,
    | "mode"
    | "modeReason"
    | "stateDir"
    | "haltFiles"
    | "cashReserve"
    | "protectedSymbols"
    | "allowedSymbols"
    | "strategies"
    | "signalMaxAgeSeconds"
    | "alertsTimezone"
  >;
  readonly clock: Clock;
  readonly ledgerFile: string;
  readonly broker: BrokerAccess;
  /** The daemon that trades with this ledger, this process or another one. */
  readonly daemon: () => DashboardFacts["daemon"];
  /** Known only to the daemon itself; `undefined` in other processes. */
  readonly daemonState?: () => DaemonState | undefined;
}

export interface LiveExecution extends RunningExecution {
  readonly steps: ExecutionDetail["steps"];
}

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

/** How many signals and executions the page shows first. */
const SHOWN = 20;
const STEPS_SHOWN = 12;
/** Simultaneous requests of many pages cost one answer. */
const DATA_AGE_MS = 500;

/** All data of the dashboard. Read-only, and every wait is limited. */
export class DashboardView {
  readonly broker: BrokerView;
  readonly #source: DashboardSource;
  readonly #ledger: LedgerView;
  readonly #data: Remembered<DashboardData>;

  constructor(source: DashboardSource) {
    this.#source = source;
    this.#ledger = new LedgerView(source.ledgerFile);
    this.broker = new BrokerView(source.broker, source.clock);
    this.#data = new Remembered(source.clock, () => this.#readData());
  }

  get mode(): string {
    return this.#source.config.mode;
  }

  get strategies(): DashboardSource["config"]["strategies"] {
    return this.#source.config.strategies;
  }

  get daemonState(): DaemonState | undefined {
    return this.#source.daemonState?.();
  }

  get halted(): string | undefined {
    return this.#halt()?.reason;
  }

  /** @throws TraderError when it cannot be read. */
  ledger(): LedgerReader {
    return this.#ledger.reader();
  }

  /**
   * For programs: the broker's newest answer is awaited, for seconds at most.
   * @throws TraderError when the ledger cannot be read; a broker that does not answer is reported in the data.
   */
  async data(): Promise<DashboardData> {
    await this.broker.answered(this.isTrading());
    return this.dataNow();
  }

  /** For a person, who sees at once what is known. @throws as {@link data} does. */
  dataNow(): Promise<DashboardData> {
    return this.#data.get(DATA_AGE_MS);
  }

  /** The latest steps are out of date. */
  changed(): void {
    this.#data.forget();
  }

  async equity(range: CurveRange): Promise<{ range: CurveRange; curve: EquityCurve | null; problems: readonly string[] }> {
    const [account, histories] = await Promise.all([this.broker.account(this.isTrading()), this.broker.histories()]);
    const problems = [...new Set([...account.problems, ...histories.problems])];
    const now = this.#source.clock.now();
    const curve = equityCurves(histories.value ?? {}, this.#shown(account.value)?.reading, now)[range];
    const known = curve ?? curveFromLedger(this.ledger().equitySince(0));
    return { range, curve: known.points.length === 0 ? null : known, problems };
  }

  executions(limit: number): ExecutionReport[] {
    const ledger = this.ledger();
    return ledger.recentExecutions(limit).map((execution) => executionReport(ledger, execution));
  }

  /** @throws TraderError `unknown-execution`. */
  execution(id: string): ExecutionDetail {
    return executionDetail(this.ledger(), id);
  }

  signals(limit: number): SignalHistory {
    const ledger = this.ledger();
    return {
      signals: ledger.recentSignals(limit).map((record) => signalEntry(record, this.#source.clock.now(), ledger)),
      lines: ledger
        .recentVerdicts(limit)
        .filter(stillHolds)
        .map(({ at, strategy, verdict, reason, lines }) => ({ at: isoInstant(at), strategy, verdict, reason, lines })),
    };
  }

  /** The file for other programs, unchanged. @throws TraderError `no-execution` before the first one. */
  latestExecution(): string {
    try {
      return readFileSync(join(this.#source.config.stateDir, "dashboard", "latest_execution.json"), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT")
        throw new TraderError("Nothing has been executed yet.", { code: "no-execution", cause: error });
      throw error;
    }
  }

  live(): LiveExecution[] {
    const ledger = this.ledger();
    return ledger.openExecutions().map((execution) => ({
      ...runningExecution(ledger, execution),
      steps: ledger
        .notesOf(execution.id)
        .slice(-STEPS_SHOWN)
        .map(({ at, kind, text }) => ({ at: isoInstant(at), kind, text })),
    }));
  }

  isTrading(): boolean {
    return this.ledger()
      .openExecutions()
      .some(({ outcome }) => outcome !== "queued");
  }

  async health(): Promise<Health> {
    const market = await this.broker.market();
    return healthOf({
      daemonState: this.daemonState,
      daemonRuns: this.#source.daemon() !== undefined,
      ledgerProblem: this.#ledgerProblem(),
      brokerProblems: market.problems,
      halted: this.halted,
    });
  }

  async close(): Promise<void> {
    await this.broker.close();
    this.#ledger.close();
  }

  async #readData(): Promise<DashboardData> {
    const { config, clock, daemon } = this.#source;
    const [account, histories] = await Promise.all([this.broker.account(this.isTrading()), this.broker.histories()]);
    const daemonState = this.daemonState;
    // Read after the last wait: all of it is of one moment.
    const shown = this.#shown(account.value);
    return dashboardData({
      ledger: this.ledger(),
      now: clock.now(),
      mode: config.mode,
      modeReason: config.modeReason,
      halt: this.#halt(),
      signalMaxAgeMs: config.signalMaxAgeSeconds * 1_000,
      alertsProblems: alertsProblems(daemonState?.alerts ?? []),
      daemon: daemon(),
      brokerName: this.broker.name,
      stream: daemonState?.stream,
      shown,
      brokerAnswers: account.value !== undefined && account.problems.length === 0,
      brokerWaitingMs: account.waitingMs,
      histories: histories.value ?? {},
      problems: [...new Set([...account.problems, ...histories.problems])],
      aside: { reserve: config.cashReserve, protectedSymbols: config.protectedSymbols, allowedSymbols: config.allowedSymbols },
      limit: SHOWN,
    });
  }

  #shown(known: BrokerReading | undefined): ShownAccount | undefined {
    return shownAccount(this.ledger(), known, this.#source.clock.now());
  }

  #halt(): HaltOrder | undefined {
    return readHalt(this.#source.config.haltFiles);
  }

  #ledgerProblem(): string | undefined {
    try {
      this.ledger().pinnedAccount();
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }
}
