import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../domain/clock.ts";
import type { Config } from "../domain/config.ts";
import { messageOf, TraderError } from "../domain/errors.ts";
import { type HaltOrder, readHalt } from "../machine/halt.ts";
import { alertsProblems } from "../intake/intake-state.ts";
import type { LedgerReader } from "../ledger/sqlite-ledger.ts";
import { curveFromLedger, type EquityCurve } from "../reporting/equity-curve.ts";
import { equityCurves, type CurveRange } from "../reporting/curve-ranges.ts";
import { dashboardData, runningExecution, type DashboardData, type DashboardFacts } from "../reporting/dashboard-data.ts";
import { executionDetail, type ExecutionDetail } from "../reporting/execution-detail.ts";
import { executionReport, type ExecutionReport } from "../reporting/execution-report.ts";
import { setAsideIn } from "../reporting/holdings-table.ts";
import { isoInstant } from "../domain/time-format.ts";
import { shownAccount, type BrokerReading, type ShownAccount } from "../reporting/shown-account.ts";
import { accountPage, decisionPage, MOST_SHOWN, type PagePlace } from "./account-page.ts";
import { BrokerView, Remembered, type BrokerAccess } from "./broker-view.ts";
import { healthOf, type DaemonState, type Health } from "./health.ts";
import type { LiveExecution } from "./live-execution.ts";
import { LedgerView } from "./ledger-view.ts";
import { troublePage } from "./pages.ts";
import { signalHistory, type SignalHistory } from "./signal-history.ts";

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
    | "benchmark"
  >;
  readonly clock: Clock;
  readonly ledgerFile: string;
  /** In place of the file, where the ledger is kept elsewhere. @throws TraderError when it cannot be read. */
  readonly savedLedger?: () => LedgerReader;
  readonly broker: BrokerAccess;
  /** The daemon that trades with this ledger, this process or another one. */
  readonly daemon: () => DashboardFacts["daemon"];
  /** Known only to the daemon itself; `undefined` in other processes. */
  readonly daemonState?: () => DaemonState | undefined;
}

/** How many signals and executions the page shows first. */
const SHOWN = 20;
/** Of a younger account a month is too long to show anything. */
const FEWEST_DAYS = 3;
const STEPS_SHOWN = 12;
/** Simultaneous requests of many pages cost one answer. */
const DATA_AGE_MS = 500;

/** All data of the dashboard. Read-only, and every wait is limited. */
export class DashboardView {
  readonly broker: BrokerView;
  readonly #source: DashboardSource;
  readonly #ledger: LedgerView;
  readonly #data: Remembered<{ readonly data: DashboardData; readonly live: readonly LiveExecution[] }>;

  constructor(source: DashboardSource) {
    this.#source = source;
    this.#ledger = new LedgerView(source.ledgerFile);
    this.broker = new BrokerView(source.broker, source.clock, source.config.benchmark);
    this.#data = new Remembered(source.clock, () => this.#readData());
  }

  /** How many signals and executions the page shows unless asked otherwise. */
  readonly shown = SHOWN;

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
    return this.#source.savedLedger?.() ?? this.#ledger.reader();
  }

  /**
   * For programs: the broker's newest answer is awaited for up to four seconds.
   * @throws TraderError when the ledger cannot be read; a broker that does not answer is reported in the data.
   */
  async data(): Promise<DashboardData> {
    await this.broker.answered(this.isTrading());
    return this.dataNow();
  }

  /** For a person, who sees at once what is known. @throws as {@link data} does. */
  async dataNow(): Promise<DashboardData> {
    return (await this.#data.get(DATA_AGE_MS)).data;
  }

  /**
   * The page; all of it is from the same time.
   * @param range default: a month, and less for a young account. @param account its name in a fleet.
   * @throws TraderError when the ledger cannot be read.
   */
  async page({ range, limit }: { readonly range?: CurveRange | undefined; readonly limit: number }, account?: string): Promise<string> {
    const { data, live } = await this.#data.get(DATA_AGE_MS);
    const chosen = range ?? this.#usualRange(data);
    const executions = limit === SHOWN ? data.executions : this.executions(limit);
    const signals = this.signals(limit);
    const hasMore = limit < MOST_SHOWN && Math.max(executions.length, signals.signals.length) >= limit;
    const curve = this.#curveOf(data, chosen);
    return accountPage({ data, live, executions, signals, range: chosen, curve, limit, hasMore }, this.#place(account));
  }

  /** The record of one execution, as a page. @throws TraderError `unknown-execution`. */
  async record(id: string, account?: string): Promise<string> {
    const detail = this.execution(id);
    return decisionPage(await this.dataNow(), detail, this.#place(account));
  }

  /** A page that says why there is none. */
  trouble(error: TraderError, account?: string): string {
    const hint = error.hint === undefined ? "" : ` ${error.hint}`;
    return troublePage(`${error.message}${hint}`, { mode: this.mode, at: isoInstant(this.#source.clock.now()), account });
  }

  /** The latest steps are out of date. */
  changed(): void {
    this.#data.forget();
  }

  /** For programs: the broker's newest answer is awaited for up to four seconds. */
  async equity(range: CurveRange): Promise<{ range: CurveRange; curve: EquityCurve | null; problems: readonly string[] }> {
    await this.broker.answered(this.isTrading());
    const [account, histories] = await Promise.all([this.broker.account(this.isTrading()), this.broker.histories()]);
    const problems = [...new Set([...account.problems, ...histories.problems])];
    const now = this.#source.clock.now();
    const equity = equityCurves(histories.value ?? {}, this.#shown(account.value)?.reading, now);
    return { range, curve: this.#curveOf({ equity }, range), problems };
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
    return signalHistory(this.ledger(), limit, this.#source.clock.now());
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

  #place(account: string | undefined): PagePlace {
    return { zone: this.#source.config.alertsTimezone, account };
  }

  /** What the ledger recorded replaces the broker's history where that is not known. */
  #curveOf({ equity }: Pick<DashboardData, "equity">, range: CurveRange): EquityCurve | null {
    const known = equity[range] ?? curveFromLedger(this.ledger().equitySince(0));
    return known.points.length === 0 ? null : known;
  }

  #usualRange({ equity }: DashboardData): CurveRange {
    return equity.day !== null && (equity.month?.points.length ?? 0) < FEWEST_DAYS ? "day" : "month";
  }

  async #readData(): Promise<{ readonly data: DashboardData; readonly live: readonly LiveExecution[] }> {
    const { config, clock, daemon } = this.#source;
    const [account, histories] = await Promise.all([this.broker.account(this.isTrading()), this.broker.histories()]);
    const daemonState = this.daemonState;
    // Read after the last wait, so that all of it is from the same time.
    const shown = this.#shown(account.value);
    const data = dashboardData({
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
      aside: setAsideIn(config),
      limit: SHOWN,
    });
    return { data, live: this.live() };
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
