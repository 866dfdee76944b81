import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Broker } from "../../src/domain/broker.ts";
import { BrokerError } from "../../src/domain/broker.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { loadConfig } from "../../src/config/load.ts";
import { ledgerFile } from "../../src/config/files.ts";
import type { Config } from "../../src/domain/config.ts";
import { DashboardView, type DashboardSource } from "../../src/dashboard/dashboard-view.ts";
import type { DaemonState } from "../../src/dashboard/health.ts";
import { DashboardServer } from "../../src/dashboard/server.ts";
import { installationToken } from "../../src/dashboard/token-file.ts";
import { createRedaction } from "../../src/logging/logger.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { Exchange } from "../../src/simulator/exchange.ts";
import { Venue } from "../../src/simulator/venue.ts";
import { fetchFor } from "../simulator/in-process-fetch.ts";
import { createAlpacaBroker } from "../../src/broker/alpaca.ts";
import { HaltSwitch, writeHalt } from "../../src/machine/halt.ts";
import { recordExecuted } from "../reporting/examples.ts";

export const SECRET = "dashboard-secret-0123456789abcdefgh";
export const TOKEN = "a-token-of-the-tests";

const WELL: DaemonState = {
  connected: true,
  sinceCheckMs: 120,
  alerts: [{ strategy: "nuclear", problem: undefined, problems: 0 }],
  stream: "listening",
  waiting: 0,
};

/** The real dashboard on a real ledger and a venue without sockets, in a directory of its own. */
export class OpenDashboard {
  readonly directory = mkdtempSync(join(tmpdir(), "dashboard-"));
  readonly config: Config;
  readonly ledger: SqliteLedger;
  readonly exchange: Exchange;
  readonly venue: Venue;
  readonly server: DashboardServer;
  readonly source: DashboardSource;
  readonly view: DashboardView;
  readonly problems: string[] = [];
  daemonState: DaemonState = WELL;
  /** What the broker does in place of answering. */
  fault: Error | undefined;
  /** A broker that does not answer before this. */
  silence: Promise<unknown> = Promise.resolve();
  /** How often the broker has been asked for something. */
  asked = 0;
  readonly #broker: Broker;

  constructor(
    env: Readonly<Record<string, string>> = {},
    { beside = false, exchange }: { readonly beside?: boolean; readonly exchange?: Exchange } = {},
  ) {
    this.exchange = exchange ?? new Exchange({ clock: systemClock, alwaysOpen: true, prices: { SMR: "40", LEU: "200", BWXT: "145" } });
    this.venue = new Venue({ exchange: this.exchange, rateLimitPerMinute: "off" });
    this.config = loadConfig({
      STATE_DIR: this.directory,
      HALT_FILE: join(this.directory, "machine", "HALT"),
      ALPACA_PAPER_KEY: "PKDASHBOARD000000001",
      ALPACA_PAPER_SECRET: SECRET,
      ALERTS_TIMEZONE: "UTC",
      DASHBOARD_PORT: "0",
      DASHBOARD_TOKEN: "off",
      ...env,
    });
    this.ledger = openLedger(ledgerFile(this.config));
    this.#broker = createAlpacaBroker({
      name: "the test venue",
      mode: "paper",
      alpaca: {
        tradingUrl: "http://127.0.0.1:1",
        dataUrl: "http://127.0.0.1:1",
        streamUrl: "ws://127.0.0.1:1/stream",
        dataFeed: undefined,
        keyId: "key",
        secret: "secret",
      },
      clock: systemClock,
      fetch: fetchFor(this.venue),
    });
    this.source = {
      config: this.config,
      clock: systemClock,
      ledgerFile: ledgerFile(this.config),
      broker: { name: "the test venue", read: (ask) => this.#ask(ask), close: () => this.#broker.close() },
      daemon: () => (beside ? undefined : { pid: 4711, since: systemClock.now() - 60_000 }),
      ...(beside ? {} : { daemonState: () => this.daemonState }),
    };
    this.view = new DashboardView(this.source);
    const token = this.config.dashboard.isOpen ? undefined : installationToken(this.directory);
    this.server = new DashboardServer({
      view: this.view,
      clock: systemClock,
      config: this.config.dashboard,
      installationToken: token,
      redact: createRedaction([SECRET, token ?? TOKEN]),
      onProblem: (text) => this.problems.push(text),
    });
  }

  get app(): DashboardServer["app"] {
    return this.server.app;
  }

  /** A GET as a browser on this machine sends it. */
  async get(
    url: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
    const answer = await (await this.app).inject({ method: "GET", url, headers: { host: "127.0.0.1:8787", ...headers } });
    return { status: answer.statusCode, text: answer.body, headers: answer.headers };
  }

  async json<Answer>(url: string): Promise<Answer> {
    return JSON.parse((await this.get(url)).text) as Answer;
  }

  /** An execution with orders, fills and a record, as if it had just ended. */
  execute(): void {
    recordExecuted(this.ledger);
    mkdirSync(join(this.directory, "dashboard"), { recursive: true });
    writeFileSync(join(this.directory, "dashboard", "latest_execution.json"), '{\n  "execution_mode": "PAPER"\n}\n');
  }

  breakBroker(message = "connect ECONNREFUSED"): void {
    this.fault = new BrokerError("unreachable", message);
  }

  /** From now on the broker does not answer, until {@link answer}. */
  hang(): void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.silence = promise;
    this.answer = () => {
      resolve(undefined);
      this.view.changed();
    };
  }

  answer = (): void => undefined;

  halt(reason: string): void {
    writeHalt(this.config.haltFiles, "own", reason, systemClock);
  }

  async close(): Promise<void> {
    await this.server.close();
    this.venue.close();
    this.ledger.close();
    new HaltSwitch(this.config, process.pid).close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #ask<Answer>(ask: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    this.asked += 1;
    await this.silence;
    if (this.fault !== undefined) throw this.fault;
    return ask(this.#broker);
  }
}
