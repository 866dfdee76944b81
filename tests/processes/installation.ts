import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountLockDirectory, accountLockFile } from "../../src/ledger/lock-directory.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import type { Simulator, SimulatorOptions } from "../../src/simulator/server.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { COMPILE_CACHE } from "../compile-cache.ts";
import { WRITERS_ZONE } from "../scenarios/strategy.ts";
import { TraderProcess } from "../scenarios/trader-process.ts";
import { PRICES } from "./portfolios.ts";

let accounts = 0;

export type Settings = Readonly<Record<string, string>>;

/** The product in a directory of its own with a venue of its own, for programs and tests that start and end many processes. */
export class Installation {
  readonly directory: string;
  readonly simulator: Simulator;
  readonly env: Record<string, string>;
  readonly #accountNumber: string;
  readonly #processes = new Set<TraderProcess>();

  private constructor(directory: string, accountNumber: string, simulator: Simulator, settings: Settings) {
    this.directory = directory;
    this.simulator = simulator;
    this.#accountNumber = accountNumber;
    this.env = {
      PATH: process.env.PATH ?? "",
      HOME: directory,
      NO_COLOR: "1",
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ALPACA_PAPER_ENDPOINT: simulator.url,
      ALPACA_PAPER_KEY: "PKPROCESSES00000001",
      ALPACA_PAPER_SECRET: "processes-secret-0123456789abcdefgh",
      STATE_DIR: join(directory, "state"),
      HALT_FILE: join(directory, "HALT"),
      LOG_DIR: join(directory, "logs"),
      ALERTS_FILE: join(directory, "alerts.json"),
      ALERTS_TIMEZONE: WRITERS_ZONE,
      DASHBOARD_PORT: "off",
      ...settings,
    };
  }

  static async open(venue: SimulatorOptions, settings: Settings = {}): Promise<Installation> {
    const directory = mkdtempSync(join(tmpdir(), "processes-"));
    mkdirSync(join(directory, "logs"));
    accounts += 1;
    const accountNumber = `PA${String(process.pid)}P${String(accounts)}`;
    const simulator = await startSimulator({ alwaysOpen: true, rateLimitPerMinute: "off", prices: PRICES, accountNumber, ...venue });
    return new Installation(directory, accountNumber, simulator, settings);
  }

  start(args: readonly string[] = ["run"], change: Settings = {}): TraderProcess {
    const started = new TraderProcess(args, { ...this.env, ...change }, this.directory);
    this.#processes.add(started);
    void started.ended.finally(() => this.#processes.delete(started));
    return started;
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  setting(name: "ALERTS_FILE" | "STATE_DIR" | "LOG_DIR"): string {
    return this.env[name] ?? "";
  }

  alert(text: string): void {
    appendFileSync(this.setting("ALERTS_FILE"), text, { mode: 0o644 });
  }

  get ledgerFile(): string {
    return join(this.setting("STATE_DIR"), "paper.sqlite");
  }

  /** Looks at the ledger from beside the daemon, as `status` does. */
  withLedger<Result>(look: (ledger: SqliteLedger) => Result): Result {
    const ledger = openLedger(this.ledgerFile, { mustExist: true });
    try {
      return look(ledger);
    } finally {
      ledger.close();
    }
  }

  get orders(): OrderRecord[] {
    return [...this.simulator.exchange.state.orders.values()];
  }

  /** `buy SMR filled`, in alphabetical order. */
  get book(): string[] {
    return this.orders.map(({ side, symbol, status }) => `${side} ${symbol} ${status}`).sort();
  }

  /** Share of the account that each holding makes up. */
  get weights(): ReadonlyMap<string, number> {
    const { exchange } = this.simulator;
    const equity = Number(exchange.accountView().equity);
    return new Map(exchange.positionViews().map(({ symbol, market_value }) => [String(symbol), Number(market_value) / equity]));
  }

  /** Ends every process and takes everything away. */
  async close(): Promise<void> {
    for (const started of [...this.#processes]) {
      started.kill("SIGKILL");
      await started.ended;
    }
    await this.simulator.close();
    rmSync(accountLockFile(`${new URL(this.simulator.url).host}-${this.#accountNumber}`, accountLockDirectory()), { force: true });
    rmSync(this.directory, { recursive: true, force: true });
  }
}
