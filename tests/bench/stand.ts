import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/domain/clock.ts";
import { accountLockDirectory, accountLockFile } from "../../src/ledger/lock-directory.ts";
import { WRITERS_ZONE } from "../scenarios/strategy.ts";
import { machineMs } from "./machine-time.ts";
import { runText } from "./portfolio.ts";
import { SkippingClock } from "./skipping-clock.ts";
import { Trader } from "./trader.ts";
import { BenchVenue } from "./venue.ts";

/** Between two rebalances: long enough for a new minute of the request budget. */
const PAUSE_MS = 61_000;
/** What a process still does after its last word, before a leap in time. */
const QUIET_MS = 25;
const BYTES_PER_MEGABYTE = 1_000_000;

let stands = 0;

export interface StandSetup {
  /** Shared by all stands of a bench, so that only the first process compiles. */
  readonly compileCache: string;
  /** Where daemons leave a processor profile when they stop. */
  readonly profiles?: string | undefined;
}

/** One installation of the product with a directory, an account and a venue of its own. */
export class Stand {
  readonly venue: BenchVenue;
  readonly accountNumber: string;
  readonly #setup: StandSetup;
  readonly #directory: string;
  readonly #env: Record<string, string>;
  readonly #alerts: number;
  readonly #clock = new SkippingClock();
  readonly #traders: Trader[] = [];

  private constructor(directory: string, accountNumber: string, venue: BenchVenue, setup: StandSetup) {
    this.#setup = setup;
    this.venue = venue;
    this.accountNumber = accountNumber;
    this.#directory = directory;
    this.#env = {
      PATH: process.env.PATH ?? "",
      HOME: directory,
      NO_COLOR: "1",
      NODE_COMPILE_CACHE: setup.compileCache,
      TRADING_MODE: "paper",
      ALPACA_PAPER_ENDPOINT: venue.url,
      ALPACA_PAPER_KEY: "PKBENCH0000000000001",
      ALPACA_PAPER_SECRET: "bench-secret-0123456789abcdefghijk",
      STATE_DIR: join(directory, "state"),
      HALT_FILE: join(directory, "HALT"),
      LOG_DIR: join(directory, "logs"),
      ALERTS_FILE: join(directory, "alerts.json"),
      ALERTS_TIMEZONE: WRITERS_ZONE,
      // A hundred symbols change by one percent of the account each.
      DRIFT_BAND_PERCENT: "0.1",
      DASHBOARD_PORT: "0",
      // As systemd/alpaca-trader.service and the Dockerfile have it.
      MALLOC_MMAP_THRESHOLD_: "131072",
      MALLOC_TRIM_THRESHOLD_: "131072",
    };
    this.#alerts = openSync(join(directory, "alerts.json"), "a", 0o644);
  }

  static async open(setup: StandSetup): Promise<Stand> {
    const directory = mkdtempSync(join(tmpdir(), "bench-"));
    for (const name of ["logs", "state"]) mkdirSync(join(directory, name), { mode: 0o700 });
    stands += 1;
    const accountNumber = `PA${String(process.pid)}B${String(stands)}`;
    return new Stand(directory, accountNumber, await BenchVenue.open(accountNumber), setup);
  }

  get ledgerFile(): string {
    return join(this.#directory, "state", "paper.sqlite");
  }

  /** Of the ledger's file. */
  get ledgerMegabytes(): number {
    return Math.round(statSync(this.ledgerFile).size / BYTES_PER_MEGABYTE);
  }

  /** Starts a command of the product. */
  command(...args: readonly string[]): Trader {
    return this.#keep(Trader.command(args, this.#env, this.#directory));
  }

  /** Starts the daemon that can be made to leap, and waits until it is ready. */
  async daemon(): Promise<Trader> {
    const daemon = this.#keep(Trader.daemon(this.#env, this.#directory, this.#setup.profiles));
    await daemon.says(READY);
    return daemon;
  }

  /** Writes a whole run of the strategy at once. @returns when its last byte was about to be written, on the machine's clock. */
  alert(weights: ReadonlyMap<string, number>): number {
    const text = Buffer.from(runText(weights, this.#clock.now()));
    const at = machineMs();
    writeSync(this.#alerts, text);
    return at;
  }

  /** Lets a minute be over for the venue, for the daemon, and for whoever writes the alerts. */
  async nextMinute(daemon: Trader, ms = PAUSE_MS): Promise<void> {
    await systemClock.sleep(QUIET_MS);
    await this.venue.skip(ms);
    this.#clock.skip(ms);
    await daemon.skip(ms);
  }

  /** Ends what still runs and takes everything away. */
  async close(): Promise<void> {
    for (const trader of this.#traders) await trader.kill();
    await this.venue.close();
    closeSync(this.#alerts);
    rmSync(accountLockFile(`${new URL(this.venue.url).host}-${this.accountNumber}`, accountLockDirectory()), { force: true });
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #keep(trader: Trader): Trader {
    this.#traders.push(trader);
    return trader;
  }
}

/** What the daemon says when alerts are acted upon. */
export const READY = /Ready: watching for alerts/;

/** Runs `work` at a stand of its own, and takes that away again whatever comes of it. */
export async function atStand<Result>(setup: StandSetup, work: (stand: Stand) => Promise<Result>): Promise<Result> {
  const stand = await Stand.open(setup);
  try {
    return await work(stand);
  } finally {
    await stand.close();
  }
}
