import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import type { Clock } from "../../src/domain/clock.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { accountLockDirectory, accountLockFile } from "../../src/ledger/lock-directory.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { Simulator } from "../../src/simulator/server.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import type { Leg } from "../scenarios/strategy.ts";
import { runOf, WRITERS_ZONE } from "../scenarios/strategy.ts";
import { TraderProcess } from "../scenarios/trader-process.ts";
import { Browsers, freePort, type PageOptions } from "./browsers.ts";

const DAY_MS = 86_400_000;
/** How old the account is when the curtain rises, so that there is a curve to be seen. */
const ACCOUNT_DAYS = 45;

let accounts = 0;

/** The daemon on a simulated venue that takes its time, with an account that has a past, and browsers in front of it. */
export class Stage {
  readonly directory = mkdtempSync(join(tmpdir(), "browser-"));
  readonly simulator: Simulator;
  readonly url: string;
  readonly #env: Record<string, string>;
  readonly #account: string;
  readonly #browsers: Browsers;
  #daemon: TraderProcess | undefined;

  private constructor(simulator: Simulator, browsers: Browsers, account: string, port: number, env: Readonly<Record<string, string>>) {
    this.simulator = simulator;
    this.#browsers = browsers;
    this.#account = account;
    this.url = browsers.url;
    mkdirSync(join(this.directory, "logs"));
    this.#env = {
      PATH: process.env.PATH ?? "",
      HOME: this.directory,
      NO_COLOR: "1",
      NODE_COMPILE_CACHE: join(this.directory, "compile-cache"),
      STATE_DIR: join(this.directory, "state"),
      HALT_FILE: join(this.directory, "HALT"),
      LOG_DIR: join(this.directory, "logs"),
      ALERTS_FILE: join(this.directory, "alerts.json"),
      ALERTS_TIMEZONE: WRITERS_ZONE,
      DASHBOARD_PORT: String(port),
      ...venueSettings(env.TRADING_MODE === "live", simulator.url, account),
      ...env,
    };
  }

  static async open(env: Readonly<Record<string, string>> = {}): Promise<Stage> {
    accounts += 1;
    const account = `PA${String(process.pid)}B${String(accounts)}`;
    const port = await freePort();
    const [simulator, browsers] = await Promise.all([venueWithAPast(account), Browsers.open(port)]);
    return new Stage(simulator, browsers, account, port, env);
  }

  /** Of the running daemon. */
  get token(): string {
    return readFileSync(join(this.directory, "state", "dashboard-token"), "utf8").trim();
  }

  async startDaemon(env: Readonly<Record<string, string>> = {}): Promise<TraderProcess> {
    this.#daemon = new TraderProcess(["run"], { ...this.#env, ...env }, this.directory);
    await this.#daemon.says(/Ready: watching for alerts/);
    return this.#daemon;
  }

  run(...args: string[]): TraderProcess {
    return new TraderProcess(args, this.#env, this.directory);
  }

  async stopDaemon(): Promise<number | null> {
    const ended = await this.#daemon?.stop();
    this.#daemon = undefined;
    return ended?.code ?? null;
  }

  alert(legs: readonly Leg[]): void {
    appendFileSync(join(this.directory, "alerts.json"), runOf(legs, systemClock.now()), { mode: 0o644 });
  }

  alertsMode(mode: number): void {
    chmodSync(join(this.directory, "alerts.json"), mode);
  }

  page(options: PageOptions = {}): Promise<Page> {
    return this.#browsers.page(options);
  }

  get offences(): readonly string[] {
    return this.#browsers.offences;
  }

  async close(): Promise<void> {
    await this.#browsers.close();
    if (this.#daemon?.isOver === false) this.#daemon.kill("SIGKILL");
    await this.#daemon?.ended;
    await this.simulator.close();
    rmSync(accountLockFile(`${new URL(this.simulator.url).host}-${this.#account}`, accountLockDirectory()), { force: true });
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function venueSettings(live: boolean, url: string, account: string): Record<string, string> {
  if (live)
    return {
      ALPACA_ENDPOINT: url,
      ALPACA_KEY: "AKBROWSER00000000001",
      ALPACA_SECRET: "browser-secret-0123456789",
      LIVE_TRADING_ACCOUNT: account,
    };
  return { ALPACA_PAPER_ENDPOINT: url, ALPACA_PAPER_KEY: "PKBROWSER00000000001", ALPACA_PAPER_SECRET: "browser-secret-0123456789" };
}

/** Its clock stood weeks ago when the account was opened and when money was paid in, and then caught up. */
async function venueWithAPast(accountNumber: string): Promise<Simulator> {
  let back = ACCOUNT_DAYS * DAY_MS;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() - back };
  const simulator = await startSimulator({
    clock,
    accountNumber,
    alwaysOpen: true,
    cash: decimal("12000"),
    positions: [
      { symbol: "SMR", quantity: decimal("900"), averagePrice: decimal("28.40") },
      { symbol: "LEU", quantity: decimal("210"), averagePrice: decimal("164.20") },
      { symbol: "TQQQ", quantity: decimal("310.5"), averagePrice: decimal("79.10") },
    ],
    ackLatencyMs: 400,
    fillLatencyMs: 900,
    partialFillProbability: 1,
    partialFillSteps: 3,
    partialFillIntervalMs: 900,
    rateLimitPerMinute: "off",
  });
  for (const [days, amount] of [
    [20, "5000"],
    [6, "-1500"],
  ] as const) {
    back = days * DAY_MS;
    simulator.exchange.transfer(amount);
  }
  back = 0;
  return simulator;
}
