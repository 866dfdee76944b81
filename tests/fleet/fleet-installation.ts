import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decimal } from "../../src/domain/decimal.ts";
import { accountLockDirectory, accountLockFile } from "../../src/ledger/lock-directory.ts";
import { openLedger, type SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import { startSharedSimulator, type SharedSimulator, type SharedSimulatorOptions } from "../../src/simulator/server.ts";
import type { Venue } from "../../src/simulator/venue.ts";
import { COMPILE_CACHE } from "../compile-cache.ts";
import { PRICES } from "../processes/portfolios.ts";
import { WRITERS_ZONE } from "../scenarios/strategy.ts";
import { TraderProcess, typeHere, type Ended } from "../scenarios/trader-process.ts";

/** Shares of TQQQ at 80 dollars, and 60,000 dollars: every account begins with something to sell. */
const HOLDINGS = [{ symbol: "TQQQ", quantity: decimal("500"), averagePrice: decimal("70") }];
const CASH = decimal("60000");

let installations = 0;

/** A fleet in a directory of its own, with a venue of its own that holds an account for each of its keys. */
export class FleetInstallation {
  readonly directory: string;
  readonly venue: SharedSimulator;
  readonly env: Readonly<Record<string, string>>;
  readonly names: readonly string[];
  readonly #number: number;
  /** Of accounts that have one in place of keys. */
  readonly #tokens = new Map<string, string>();
  readonly #processes = new Set<TraderProcess>();

  private constructor(directory: string, venue: SharedSimulator, names: readonly string[], settings: Readonly<Record<string, string>>) {
    installations += 1;
    this.#number = installations;
    this.directory = directory;
    this.venue = venue;
    this.names = names;
    this.env = {
      PATH: process.env.PATH ?? "",
      HOME: directory,
      NO_COLOR: "1",
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      TRADING_MODE: "paper",
      ALPACA_PAPER_ENDPOINT: venue.url,
      STATE_DIR: join(directory, "state"),
      HALT_FILE: join(directory, "HALT"),
      LOG_DIR: join(directory, "logs"),
      ALERTS_FILE: join(directory, "alerts.json"),
      ALERTS_TIMEZONE: WRITERS_ZONE,
      DASHBOARD_PORT: "off",
      ...settings,
    };
  }

  /** @param own settings of one account. */
  static async open(
    names: readonly string[],
    {
      settings = {},
      own = {},
      venue = {},
    }: {
      settings?: Readonly<Record<string, string>>;
      own?: Readonly<Record<string, Readonly<Record<string, string>>>>;
      venue?: SharedSimulatorOptions;
    } = {},
  ): Promise<FleetInstallation> {
    const directory = mkdtempSync(join(tmpdir(), "fleet-"));
    mkdirSync(join(directory, "logs"));
    const simulator = await startSharedSimulator({
      alwaysOpen: true,
      rateLimitPerMinute: "off",
      prices: PRICES,
      cash: CASH,
      positions: HOLDINGS,
      partialFillProbability: 0,
      ...venue,
    });
    const installation = new FleetInstallation(directory, simulator, names, settings);
    for (const name of names) installation.#store(name, own[name] ?? {});
    return installation;
  }

  keyOf(name: string): string {
    return `PKFLEET${String(process.pid)}N${String(this.#number)}${name.toUpperCase().replaceAll("-", "")}`;
  }

  secretOf(name: string): string {
    return `secret-of-${name}-0123456789abcdef`;
  }

  /** As `fleet add` leaves it. */
  #store(name: string, own: Readonly<Record<string, string>>): void {
    const directory = this.stateOf(name);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const token = own.ALPACA_PAPER_OAUTH_TOKEN;
    if (token !== undefined) this.#tokens.set(name, token);
    const keys = token === undefined ? { ALPACA_PAPER_KEY: this.keyOf(name), ALPACA_PAPER_SECRET: this.secretOf(name) } : {};
    const settings = { ...keys, ...own };
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(join(directory, "account.env"), lines.join(""), { mode: 0o600 });
  }

  stateOf(name: string): string {
    return join(this.env.STATE_DIR ?? "", "accounts", name);
  }

  start(args: readonly string[] = ["fleet", "run"], change: Readonly<Record<string, string>> = {}): TraderProcess {
    const started = new TraderProcess(args, { ...this.env, ...change }, this.directory);
    this.#processes.add(started);
    void started.ended.finally(() => this.#processes.delete(started));
    return started;
  }

  /** Runs a command to its end. */
  run(args: readonly string[], change: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return this.start(args, change).end();
  }

  /** Runs a command line to its end, within this process. */
  type(args: readonly string[], change: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return typeHere(args, { ...this.env, ...change }, this.directory);
  }

  alert(text: string): void {
    appendFileSync(this.env.ALERTS_FILE ?? "", text, { mode: 0o644 });
  }

  venueOf(name: string): Venue {
    const venue = this.#knownVenueOf(name);
    if (venue === undefined) throw new Error(`The venue has no account for ${name}.`);
    return venue;
  }

  #knownVenueOf(name: string): Venue | undefined {
    return this.venue.accounts.venueOf(this.#tokens.get(name) ?? this.keyOf(name));
  }

  exchangeOf(name: string): Exchange {
    return this.venueOf(name).exchange;
  }

  ordersOf(name: string): OrderRecord[] {
    return [...this.exchangeOf(name).state.orders.values()];
  }

  /** `sell TQQQ filled`, in alphabetical order. */
  bookOf(name: string): string[] {
    return this.ordersOf(name)
      .map(({ side, symbol, status }) => `${side} ${symbol} ${status}`)
      .toSorted();
  }

  withLedger<Result>(name: string, look: (ledger: SqliteLedger) => Result): Result {
    const ledger = openLedger(join(this.stateOf(name), "paper.sqlite"), { mustExist: true });
    try {
      return look(ledger);
    } finally {
      ledger.close();
    }
  }

  /** Every file below the directory. */
  files(): string[] {
    const names = readdirSync(this.directory, { recursive: true, encoding: "utf8" });
    return names.map((name) => join(this.directory, name)).filter((path) => statSync(path).isFile());
  }

  /** Ends every process and takes everything away. */
  async close(): Promise<void> {
    for (const started of [...this.#processes]) {
      started.kill("SIGKILL");
      await started.ended;
    }
    const host = new URL(this.venue.url).host;
    for (const name of this.names) {
      const number = this.#knownVenueOf(name)?.exchange.state.accountNumber;
      if (number !== undefined) rmSync(accountLockFile(`${host}-${number}`, accountLockDirectory()), { force: true });
    }
    await this.venue.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
