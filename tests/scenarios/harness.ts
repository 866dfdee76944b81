import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "@jest/globals";
import type { CommandContext } from "../../src/commands/context.ts";
import { loadEnvironment } from "../../src/config/environment.ts";
import { systemClock } from "../../src/domain/clock.ts";
import type { ExitCode } from "../../src/domain/errors.ts";
import { EXIT, TraderError } from "../../src/domain/errors.ts";
import { accountLockDirectory, accountLockFile } from "../../src/ledger/lock-directory.ts";
import { errorLines } from "../../src/reporting/error-view.ts";
import { terminalOn } from "../../src/reporting/terminal.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import type { Simulator, SimulatorOptions } from "../../src/simulator/server.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { COMPILE_CACHE } from "../compile-cache.ts";
import type { Leg } from "./strategy.ts";
import { runOf, WRITERS_ZONE } from "./strategy.ts";
import type { Ended } from "./trader-process.ts";
import { PATIENCE_MS, runHere, TraderProcess, typeHere, until } from "./trader-process.ts";

/** For `test`: above the patience of what a scenario waits for, so that it can say what it waited for. */
export const LIMIT_MS = 2 * PATIENCE_MS;

export const KEY = "PKSCENARIO7Q2XJ4M9TT";
export const TOKEN = "7c1f40aa-scenario-token-2b9e6d5530f1";
export const SECRET = "vD8kScenarioSecretWmZ41yRk5uTq7LpN3bHxE6";
const SECRETS = [SECRET, TOKEN];

/** Round figures, so that weights come out as one would compute them by hand. */
export const PRICES = { SMR: "40", LEU: "200", OKLO: "50", TQQQ: "80", UVXY: "16", BTAL: "20", BWXT: "100", SPY: "600" };

type Environment = Readonly<Record<string, string | undefined>>;

export interface ScenarioOptions {
  readonly venue?: SimulatorOptions;
  /** Settings beside those that lead to the venue and the directory; `undefined` takes one away. */
  readonly env?: Environment;
}

/** What a command shows that runs within this process. */
interface Called {
  readonly args: readonly string[];
  readonly output: string;
}

/** `{ dryRun: true }` is `--dry-run`. */
type Options = Readonly<Record<string, string | boolean>>;

const open: Scenario[] = [];
let accounts = 0;

afterEach(async () => {
  const ends = await Promise.allSettled(open.splice(0).map((scenario) => scenario.close()));
  const faults = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
  if (faults.length > 0) throw new AggregateError(faults, faults.map(String).join("\n"));
});

/**
 * One installation of the product with a directory, an account and a venue of its own. Whatever it
 * starts is ended with the test, and then is checked what holds always: no key in any output or file,
 * no stack trace that nobody asked for, nothing that the program itself calls a fault.
 */
export class Scenario {
  readonly directory: string;
  readonly accountNumber: string;
  readonly simulator: Simulator;
  readonly env: Record<string, string>;
  readonly #processes: TraderProcess[] = [];
  readonly #calls: Called[] = [];

  private constructor(directory: string, accountNumber: string, simulator: Simulator, env: Environment) {
    this.directory = directory;
    this.accountNumber = accountNumber;
    this.simulator = simulator;
    this.env = this.#environment({ ALPACA_PAPER_ENDPOINT: simulator.url, ALPACA_PAPER_KEY: KEY, ALPACA_PAPER_SECRET: SECRET, ...env });
  }

  static async open(options: ScenarioOptions = {}): Promise<Scenario> {
    const directory = mkdtempSync(join(tmpdir(), "scenario-"));
    accounts += 1;
    const accountNumber = `PA${String(process.pid)}N${String(accounts)}`;
    const simulator = await startSimulator({
      alwaysOpen: true,
      ackLatencyMs: 0,
      fillLatencyMs: 0,
      partialFillProbability: 0,
      rateLimitPerMinute: "off",
      prices: PRICES,
      accountNumber,
      ...options.venue,
    });
    const scenario = new Scenario(directory, accountNumber, simulator, options.env ?? {});
    open.push(scenario);
    return scenario;
  }

  // --- processes -----------------------------------------------------------------------------

  start(args: readonly string[], env: Environment = {}): TraderProcess {
    const started = new TraderProcess(args, this.#merged(env), this.directory);
    this.#processes.push(started);
    return started;
  }

  #merged(env: Environment): Record<string, string> {
    return Object.fromEntries(Object.entries({ ...this.env, ...env }).filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  run(args: readonly string[], env: Environment = {}): Promise<Ended> {
    return this.start(args, env).end();
  }

  /** A command line within this process. */
  async type(args: readonly string[], env: Environment = {}): Promise<Ended> {
    const ended = await typeHere(args, this.#merged(env), this.directory);
    this.#calls.push({ args, output: ended.output });
    return ended;
  }

  /** A command's own function within this process, for what a command line cannot pass to it. */
  async call(name: string, command: (context: CommandContext) => Promise<ExitCode>, own: Environment = {}): Promise<Ended> {
    const env = loadEnvironment(this.directory, this.#merged(own));
    const ended = await runHere(async (stdout, stderr) => {
      const [out, err] = [terminalOn(stdout, env), terminalOn(stderr, env)];
      const context = { env, directory: this.directory, clock: systemClock, out, err, verbose: false };
      return command(context).catch((error: unknown) => {
        for (const line of errorLines(error, { verbose: false }, err.style)) err.line(line);
        return error instanceof TraderError ? error.exitCode : EXIT.failed;
      });
    });
    this.#calls.push({ args: [name], output: ended.output });
    return ended;
  }

  execute(options: Options = {}, env: Environment = {}): Promise<Ended> {
    return this.type(["execute", ...flagsOf(options)], env);
  }

  signal(options: Options = {}, env: Environment = {}): Promise<Ended> {
    return this.type(["signal", ...flagsOf(options)], env);
  }

  status(env: Environment = {}): Promise<Ended> {
    return this.type(["status"], env);
  }

  /** A daemon that watches for alerts already. */
  async daemon(env: Environment = {}): Promise<TraderProcess> {
    const daemon = this.start(["run"], env);
    await daemon.says(/Ready: watching for alerts/);
    return daemon;
  }

  // --- files ---------------------------------------------------------------------------------

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  get alertsFile(): string {
    return this.path("nuclear_alerts.json");
  }

  /** Appends a run that the strategy wrote `ageMs` ago. */
  alert(legs: readonly Leg[], ageMs = 0): void {
    this.append(runOf(legs, systemClock.now() - ageMs));
  }

  append(text: string): void {
    appendFileSync(this.alertsFile, text, { mode: 0o644 });
  }

  get log(): string {
    return this.#text(this.path("logs", "alpaca_trader.log"));
  }

  /** One object for each line of the trade log. */
  get trades(): Record<string, unknown>[] {
    const lines = this.#text(this.path("logs", "alpaca_trades.json")).split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async logSays(pattern: RegExp): Promise<void> {
    await until(
      () => pattern.test(this.log),
      `${String(pattern)} in the log`,
      () => this.log,
    );
  }

  #text(file: string): string {
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  // --- the venue -----------------------------------------------------------------------------

  get orders(): OrderRecord[] {
    return [...this.simulator.exchange.state.orders.values()];
  }

  /** `buy SMR filled`, in alphabetical order. */
  get book(): string[] {
    return this.orders.map(({ side, symbol, status }) => `${side} ${symbol} ${status}`).sort();
  }

  /** Share of the account that each holding makes up. */
  get weights(): Record<string, number> {
    const equity = Number(this.simulator.exchange.accountView().equity);
    return Object.fromEntries(
      this.simulator.exchange.positionViews().map(({ symbol, market_value }) => [String(symbol), Number(market_value) / equity]),
    );
  }

  /** Waits until the venue has filled this many orders and none is open. */
  async filled(count: number): Promise<void> {
    await until(
      () => this.book.filter((line) => line.endsWith(" filled")).length === count && this.book.every((line) => line.endsWith(" filled")),
      `${String(count)} filled orders`,
      () => [...this.book, ...this.#processes.map(({ output }) => output)].join("\n"),
    );
  }

  // --- the end -------------------------------------------------------------------------------

  async close(): Promise<void> {
    for (const started of this.#processes) {
      if (started.isOver) continue;
      started.kill("SIGKILL");
      await started.ended;
    }
    await this.simulator.close();
    const faults = [...this.#leaks(), ...this.#mishaps()];
    rmSync(accountLockFile(`${new URL(this.simulator.url).host}-${this.accountNumber}`, accountLockDirectory()), { force: true });
    rmSync(this.directory, { recursive: true, force: true });
    if (faults.length > 0) throw new Error(faults.join("\n"));
  }

  #leaks(): string[] {
    const written = filesBelow(this.directory).filter((file) => !file.endsWith("/.env"));
    return [
      ...[...this.#processes, ...this.#calls]
        .filter(({ output }) => SECRETS.some((secret) => output.includes(secret)))
        .map(({ args }) => `The output of ${args.join(" ")} holds the secret.`),
      ...written.filter((file) => SECRETS.some((secret) => readFileSync(file).includes(secret))).map((file) => `${file} holds the secret.`),
    ];
  }

  #mishaps(): string[] {
    const mishap = /^\s+at .*(:\d+:\d+|node:)|^Unexpected error|^\[winston\]|Warning:/m;
    return [...this.#processes, ...this.#calls]
      .filter(({ args, output }) => !args.includes("--verbose") && mishap.test(output))
      .map(({ args, output }) => `${args.join(" ")} shows what nobody should see:\n${output}`);
  }

  /** Nothing of the surroundings but the path: a person's own settings must not take part. */
  #environment(own: Environment): Record<string, string> {
    mkdirSync(this.path("logs"));
    const env: Environment = {
      PATH: process.env.PATH,
      HOME: this.directory,
      NO_COLOR: "1",
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      STATE_DIR: this.path("state"),
      HALT_FILE: this.path("machine", "HALT"),
      LOG_DIR: this.path("logs"),
      ALERTS_FILE: this.alertsFile,
      ALERTS_TIMEZONE: WRITERS_ZONE,
      DASHBOARD_PORT: "off",
      ...own,
    };
    return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  }
}

function flagsOf(options: Options): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return value === true ? [flag] : value === false ? [] : [flag, value];
  });
}

export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}
