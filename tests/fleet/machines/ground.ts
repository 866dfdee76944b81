import { systemClock } from "../../../src/domain/clock.ts";
import type { Interceptor } from "../../../src/simulator/venue.ts";
import { isPost } from "../../execution/faults.ts";
import { HEDGE, NUCLEAR, runOf } from "../../scenarios/strategy.ts";
import type { TraderProcess } from "../../scenarios/trader-process.ts";
import { MachinesInstallation } from "../machines-installation.ts";

/** What each run orders in an account that was on the target of the one before. */
const RUNS = [
  { legs: NUCLEAR, sells: ["TQQQ"], later: ["BTAL", "UVXY"], buys: ["LEU", "OKLO", "SMR"] },
  { legs: HEDGE, sells: ["LEU", "OKLO", "SMR"], later: ["LEU", "OKLO", "SMR"], buys: ["BTAL", "UVXY"] },
] as const;

const LOOK_EVERY_MS = 100;
/** A busy machine with a thousand accounts needs its time. */
const PATIENCE_MS = 120_000;
const PATIENCE_FOR_ACCOUNT_MS = 1_500;

export interface GroundOptions {
  readonly accounts: number;
  /** The database survives a crash. */
  readonly isDurable?: boolean;
  /** A run stays fresh for so long. */
  readonly signalMaxAgeSeconds?: number;
}

/** A fleet whose every order is known beforehand: real processes, one PostgreSQL, one venue. */
export class Ground {
  readonly names: readonly string[];
  readonly machines: MachinesInstallation;
  readonly violations: string[] = [];
  /** By account: when its last request reached the venue, monotonic; and when its orders did. */
  readonly requestAt = new Map<string, number[]>();
  readonly postsAt: number[] = [];
  /** Monotonic; 0 before the first one. */
  lastFillAt = 0;
  /** Asked right after an order was accepted, before its answer is sent. */
  onPost: (account: string) => void = () => undefined;
  readonly #change: Readonly<Record<string, string>>;
  readonly #seen = new Map<string, number>();
  #round = -1;

  private constructor(names: readonly string[], machines: MachinesInstallation, change: Readonly<Record<string, string>>) {
    this.names = names;
    this.machines = machines;
    this.#change = change;
  }

  static async open({ accounts, isDurable = false, signalMaxAgeSeconds }: GroundOptions): Promise<Ground> {
    const names = Array.from({ length: accounts }, (_, index) => `account-${String(index)}`);
    const machines = await MachinesInstallation.open(names, { fillLatencyMs: 100 }, isDurable, true);
    const change = signalMaxAgeSeconds === undefined ? {} : { SIGNAL_MAX_AGE_SECONDS: String(signalMaxAgeSeconds) };
    const ground = new Ground(names, machines, change);
    for (const name of names) {
      const venue = machines.fleet.venueOf(name);
      venue.interceptor = ground.#watch(name);
      venue.exchange.onTradeUpdate(({ event }) => {
        if (event === "fill") ground.lastFillAt = systemClock.monotonic();
      });
    }
    return ground;
  }

  /** Started processes are ready when this resolves. */
  async start(...commands: readonly ("worker" | "intake")[]): Promise<TraderProcess[]> {
    const started = commands.map((command) => this.machines.start(["fleet", command], this.#change));
    for (const each of started) await each.says(/Ready: paper/);
    return started;
  }

  /** Writes the next run. */
  alert(): void {
    this.#round += 1;
    for (const name of this.names) this.#seen.set(name, this.machines.fleet.ordersOf(name).length);
    this.machines.fleet.alert(runOf(this.#run.legs, systemClock.now()));
  }

  get #run(): (typeof RUNS)[number] {
    const run = RUNS[this.#round % 2];
    if (run === undefined) throw new Error("There is no such run.");
    return run;
  }

  get expected(): string[] {
    const { sells, later, buys } = this.#run;
    const sold = this.#round < 2 ? sells : later;
    return [...sold.map((symbol) => `sell ${symbol} filled`), ...buys.map((symbol) => `buy ${symbol} filled`)].toSorted();
  }

  /** The orders of the present run. */
  bookOf(name: string): string[] {
    const orders = this.machines.fleet.ordersOf(name).slice(this.#seen.get(name) ?? 0);
    return orders.map(({ side, symbol, status }) => `${side} ${symbol} ${status}`).toSorted();
  }

  get begun(): number {
    return this.names.filter((name) => this.bookOf(name).length > 0).length;
  }

  get orders(): number {
    return this.names.reduce((sum, name) => sum + this.machines.fleet.ordersOf(name).length, 0);
  }

  /** Waits until the accounts have sent what one run orders, and their executions have ended. */
  async traded(names: readonly string[] = this.names): Promise<void> {
    const count = this.expected.length;
    const isDone = (name: string): boolean => {
      const book = this.bookOf(name);
      return book.length >= count && book.every((order) => order.endsWith("filled"));
    };
    await this.until(
      () => names.every(isDone),
      "all accounts to trade",
      () =>
        names
          .filter((name) => !isDone(name))
          .slice(0, 5)
          .map((name) => `${name}: ${this.bookOf(name).join(", ")}`),
    );
    for (const name of names)
      while ((await this.machines.withLedger(name, (ledger) => ledger.openExecutions().length)) !== 0)
        await systemClock.sleep(LOOK_EVERY_MS);
  }

  /** Exactly the orders of one run, and on target. */
  async judge(names: readonly string[] = this.names): Promise<void> {
    const expected = this.expected.join();
    for (const name of names) {
      const book = this.bookOf(name).join();
      if (book !== expected) this.violations.push(`run ${String(this.#round + 1)}, ${name}: ${book}`);
      const outcome = await this.machines.withLedger(name, (ledger) => ledger.recentExecutions(1)[0]?.outcome);
      if (outcome !== "on-target") this.violations.push(`run ${String(this.#round + 1)}, ${name}: ${String(outcome)}`);
    }
  }

  async until(condition: () => boolean, what: string, details: () => readonly string[] = () => []): Promise<void> {
    const end = systemClock.monotonic() + PATIENCE_MS + this.names.length * PATIENCE_FOR_ACCOUNT_MS;
    while (!condition()) {
      if (systemClock.monotonic() > end) throw new Error(`Waited in vain for ${what}.\n${details().join("\n")}`);
      await systemClock.sleep(LOOK_EVERY_MS);
    }
  }

  /** Accounts that a process holds, as the database says. */
  async heldBy({ pid }: TraderProcess): Promise<string[]> {
    const rows = await this.machines.store.connection.rows<{ name: string }>(
      "SELECT name FROM fleet.accounts WHERE holder LIKE '% ' || $1 || ' %'",
      [String(pid)],
    );
    return rows.map(({ name }) => name);
  }

  #watch(name: string): Interceptor {
    this.requestAt.set(name, []);
    return {
      before: () => {
        this.requestAt.get(name)?.push(systemClock.monotonic());
        return Promise.resolve(undefined);
      },
      after: (request, response) => {
        if (isPost(request)) {
          this.postsAt.push(systemClock.monotonic());
          this.onPost(name);
        }
        return Promise.resolve(response);
      },
    };
  }

  close(): Promise<void> {
    return this.machines.close();
  }
}

/** What a check has shown. */
export interface Shown {
  /** What was done, with its figures. */
  readonly done: string;
  readonly result: string;
  readonly violations: readonly string[];
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
