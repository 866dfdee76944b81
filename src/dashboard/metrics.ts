import type { Gauge, Registry } from "prom-client";
import type { StreamState } from "../domain/broker.ts";
import type { IntakeState } from "../intake/intake-state.ts";
import { FINAL_VERDICTS, PROVISIONAL_VERDICTS } from "../domain/verdict.ts";
import type { IntentRecord } from "../domain/ledger/orders.ts";
import { EXECUTION_OUTCOMES } from "../domain/outcome.ts";
import type { LedgerReader } from "../ledger/sqlite-ledger.ts";
import type { DashboardData } from "../reporting/dashboard-data.ts";
import { executionReport } from "../reporting/execution-report.ts";
import type { DashboardView } from "./dashboard-view.ts";
import type { Instruments, Prometheus } from "./instruments.ts";
import { instruments } from "./instruments.ts";

/** Prometheus' own checker rejects the names of these three: only counters end in `_total`. */
export const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];
/** A finer interval would wake an idle process a hundred times a second. */
export const LOOP_PRECISION_MS = 100;

const STREAM_STATES: readonly StreamState[] = ["connecting", "listening", "lost", "closed"];
const VERDICTS = [...FINAL_VERDICTS, ...PROVISIONAL_VERDICTS];

/** Off hours an execution waits from one evening to the next open, at most over a long weekend. */
const LONGEST_EXECUTION_MS = 5 * 86_400_000;
/** More than occur between two scrapes, and few enough to read quickly. */
const VERDICTS_LOOKED_AT = 1_000;

/**
 * The data for Prometheus. The counters start with the process, as usual, and each scrape updates them from the
 * ledger: nothing is counted on an order's path.
 */
export class Metrics {
  readonly registry: Registry;
  readonly #view: DashboardView;
  readonly #since: number;
  readonly #instruments: Instruments;
  readonly #counted = new Set<string>();
  #verdicts = new Set<string>();
  /** Strategy → counted refusals of its file; they concern a file and are not in the ledger. */
  readonly #refusals = new Map<string, number>();

  /** @param since earlier events are not counted; milliseconds since the epoch. */
  constructor(prometheus: Prometheus, view: DashboardView, since: number) {
    this.registry = new prometheus.Registry();
    this.#view = view;
    this.#since = since;
    this.#instruments = instruments(prometheus, this.registry);
    prometheus.collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    this.#beginAtZero();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** @throws TraderError when the ledger cannot be read. */
  async scrape(): Promise<string> {
    const ledger = this.#view.ledger();
    this.#countVerdicts(ledger);
    this.#countExecutions(ledger);
    this.#measureOrders(ledger);
    this.#showAccount(await this.#view.data());
    this.#showDaemon(this.#view.ledger());
    return this.registry.metrics();
  }

  /** A series that appears only with its first event hides that event from every rate. */
  #beginAtZero(): void {
    const { info, verdicts, executions } = this.#instruments;
    info.set({ mode: this.#view.mode, broker: this.#view.broker.name }, 1);
    for (const { name } of this.#view.strategies) for (const verdict of VERDICTS) verdicts.inc({ strategy: name, verdict }, 0);
    for (const outcome of EXECUTION_OUTCOMES) executions.inc({ outcome }, 0);
  }

  /** A verdict has no id: those of the last scrape are identified by their content. */
  #countVerdicts(ledger: LedgerReader): void {
    const seen = ledger.recentVerdicts(VERDICTS_LOOKED_AT).filter(({ at, verdict }) => at >= this.#since && verdict !== "history");
    const keys = seen.map(({ at, strategy, verdict, signalId, reason }) => JSON.stringify([at, strategy, verdict, signalId, reason]));
    for (const [index, { strategy, verdict }] of seen.entries())
      if (!this.#verdicts.has(keys[index] ?? "")) this.#instruments.verdicts.inc({ strategy, verdict });
    this.#verdicts = new Set(keys);
  }

  #countExecutions(ledger: LedgerReader): void {
    const { executions, alertToOrder, cost } = this.#instruments;
    for (const execution of ledger.executionsSince(this.#since - LONGEST_EXECUTION_MS)) {
      if (execution.finishedAt === undefined || execution.finishedAt < this.#since || !this.#isNew(`execution ${execution.id}`)) continue;
      executions.inc({ outcome: execution.outcome ?? "incomplete" });
      const { shortfall } = executionReport(ledger, execution);
      if (shortfall.alert_to_first_order_ms !== null) alertToOrder.observe(shortfall.alert_to_first_order_ms / 1_000);
      if (shortfall.cost_bps !== null) cost.observe(Number(shortfall.cost_bps));
    }
  }

  #measureOrders(ledger: LedgerReader): void {
    for (const intent of ledger.intentsChangedSince(this.#since)) {
      this.#measure(intent, "acceptance", intent.acceptedAt);
      if (intent.state !== "done" && intent.state !== "refused") continue;
      if (intent.status === "filled") this.#measure(intent, "fill", intent.filledAt);
      if (this.#isNew(`end ${intent.clientOrderId}`))
        this.#instruments.orders.inc({ side: intent.side, status: intent.state === "refused" ? "refused" : (intent.status ?? "unknown") });
    }
  }

  /** Fills carry the broker's time, which may be a little behind ours. */
  #measure({ clientOrderId, postedAt }: IntentRecord, until: "acceptance" | "fill", at: number | undefined): void {
    if (postedAt === undefined || postedAt < this.#since || at === undefined || !this.#isNew(`${until} ${clientOrderId}`)) return;
    this.#instruments.orderLatency.observe({ until }, Math.max(0, at - postedAt) / 1_000);
  }

  #isNew(key: string): boolean {
    if (this.#counted.has(key)) return false;
    this.#counted.add(key);
    return true;
  }

  #showAccount(data: DashboardData): void {
    const { brokerUp, marketOpen, equity, cash, dayProfit, drawdown, holding, drift, lastSignal, daemonUp } = this.#instruments;
    brokerUp.set(data.broker.reachable ? 1 : 0);
    daemonUp.set(data.daemon === null ? 0 : 1);
    show(marketOpen, data.market && (data.market.is_open ? 1 : 0));
    const account = data.broker.reachable ? data.account : null;
    show(equity, account?.equity);
    show(cash, account?.cash);
    show(dayProfit, account?.day_profit);
    show(drawdown, data.equity.all?.drawdown?.now);
    show(lastSignal, data.last_alert && Date.parse(data.last_alert.generated_at) / 1_000);
    holding.reset();
    drift.reset();
    for (const row of data.broker.reachable ? data.holdings : []) {
      holding.set({ symbol: row.symbol }, Number(row.value));
      if (row.drift !== null) drift.set({ symbol: row.symbol }, Number(row.drift));
    }
  }

  #showDaemon(ledger: LedgerReader): void {
    const { halted, running, unsettled, connected, waiting, lastCheck, stream } = this.#instruments;
    halted.set(this.#view.halted === undefined ? 0 : 1);
    running.set(ledger.openExecutions().length);
    unsettled.set(ledger.unsettledIntents().length);
    const { daemonState } = this.#view;
    this.#showAlerts(daemonState?.alerts ?? []);
    show(connected, daemonState && (daemonState.connected ? 1 : 0));
    show(waiting, daemonState?.waiting);
    show(lastCheck, daemonState?.sinceCheckMs === undefined ? undefined : daemonState.sinceCheckMs / 1_000);
    if (daemonState?.stream !== undefined) for (const state of STREAM_STATES) stream.set({ state }, daemonState.stream === state ? 1 : 0);
  }

  #showAlerts(alerts: readonly IntakeState[]): void {
    const { refused, verdicts } = this.#instruments;
    for (const { strategy, problem, problems } of alerts) {
      refused.set({ strategy }, problem === undefined ? 0 : 1);
      verdicts.inc({ strategy, verdict: "untrusted" }, problems - (this.#refusals.get(strategy) ?? 0));
      this.#refusals.set(strategy, problems);
    }
  }
}

/** An unknown value is not reported: a zero would be wrong. */
function show(gauge: Gauge<never>, value: string | number | null | undefined): void {
  if (value === null || value === undefined) gauge.remove();
  else gauge.set(Number(value));
}
