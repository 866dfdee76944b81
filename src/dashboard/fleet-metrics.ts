import type { Gauge, Registry } from "prom-client";
import type { FleetAccountRow, FleetData, FleetSource } from "./fleet-data.ts";
import type { Prometheus } from "./instruments.ts";
import { LOOP_PRECISION_MS, MISNAMED } from "./metrics.ts";

/** More accounts would be thousands of series. */
const MOST_LABELLED = 99;

/** The data of a fleet for Prometheus. */
export class FleetMetrics {
  readonly registry: Registry;
  readonly #source: FleetSource;
  readonly #gauges: ReturnType<typeof gaugesOf>;

  constructor(prometheus: Prometheus, source: FleetSource) {
    this.registry = new prometheus.Registry();
    this.#source = source;
    this.#gauges = gaugesOf(prometheus, this.registry);
    prometheus.collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    this.#gauges.info.set({ mode: source.mode }, 1);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  async scrape(): Promise<string> {
    const data = await this.#source.data();
    this.#showFleet(data);
    if (data.accounts.length <= MOST_LABELLED) for (const row of data.accounts) this.#showAccount(row);
    return this.registry.metrics();
  }

  #showFleet({ standings, accounts, halted, signal }: FleetData): void {
    const gauges = this.#gauges;
    for (const { standing, accounts: count } of standings) gauges.accounts.set({ state: standing }, count);
    gauges.ready.set(accounts.filter(({ state }) => state === "ready").length);
    gauges.halted.set(halted === null ? 0 : 1);
    if (signal === null) gauges.lastSignal.remove();
    else gauges.lastSignal.set(Date.parse(signal.generated_at) / 1_000);
  }

  #showAccount({ account, equity, standing, halted, open_executions: open }: FleetAccountRow): void {
    const gauges = this.#gauges;
    if (equity === null) gauges.equity.remove({ account });
    else gauges.equity.set({ account }, Number(equity));
    gauges.onTarget.set({ account }, standing === "on-target" ? 1 : 0);
    gauges.accountHalted.set({ account }, halted === null ? 0 : 1);
    gauges.open.set({ account }, open);
  }
}

function gaugesOf(prometheus: Prometheus, register: Registry) {
  const gauge = <Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []): Gauge<Label> =>
    new prometheus.Gauge({ name: `alpaca_trader_${name}`, help, labelNames: [...labelNames], registers: [register] });
  return {
    info: gauge("fleet_info", "Always 1; the label shows what is running.", ["mode"]),
    accounts: gauge("fleet_accounts", "Accounts by how they stand to the newest signal.", ["state"]),
    ready: gauge("fleet_ready_accounts", "Accounts that watch for alerts."),
    halted: gauge("halted", "1 while trading is halted in the whole fleet, else 0."),
    lastSignal: gauge("last_signal_timestamp_seconds", "When the newest signal was generated."),
    equity: gauge("account_equity_dollars", "Equity of an account when it was last traded.", ["account"]),
    onTarget: gauge("account_on_target", "1 if the account is on target for the newest signal, else 0.", ["account"]),
    accountHalted: gauge("account_halted", "1 while trading is halted in the account, else 0.", ["account"]),
    open: gauge("account_open_executions", "Executions of the account that have not ended.", ["account"]),
  };
}
