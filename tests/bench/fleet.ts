import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decimal } from "../../src/domain/decimal.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { startSharedSimulator, type SharedSimulator } from "../../src/simulator/server.ts";
import { HEDGE, NUCLEAR, runOf, WRITERS_ZONE } from "../scenarios/strategy.ts";
import { BUILT_CLI } from "./built-product.ts";
import { processorMs, residentMiB } from "./process-figures.ts";
import type { FleetDatabaseFigures } from "./fleet-database.ts";
import { measureFleetDatabase } from "./fleet-database.ts";
import type { StandSetup } from "./stand.ts";
import type { Growth, Spread } from "./statistics.ts";
import { growthOf, rounded, spreadOf } from "./statistics.ts";

const STALL_MONITOR = fileURLToPath(new URL("stall-monitor.js", import.meta.url));
const PATIENCE_MS = 600_000;
const PAUSE_MS = 20;
/** The code of a rebalance is compiled by then: ten rehearsals, one a second. */
const SETTLE_MS = 12_000;
const PRICES = { SMR: "40", LEU: "200", OKLO: "50", UVXY: "16", BTAL: "20" };
/** Of the nuclear portfolio, and of the hedge after it. */
const ORDERS = [3, 5];

export interface FleetFigures {
  readonly accounts: number;
  /** From the alert to the last fill of the last account; the second run sells first. */
  readonly lastFillMs: number;
  readonly secondRunMs: number;
  readonly firstOrderMs: Spread;
  /** Of the fleet's process, for one account. */
  readonly processorMsPerAccount: number;
  readonly stallMs: number;
  readonly readyMs: number;
  readonly rssMiB: { readonly warm: number; readonly after: number };
}

export interface FleetResult {
  readonly sizes: readonly FleetFigures[];
  readonly growth: readonly Growth[];
  /** `undefined` where there is no PostgreSQL. */
  readonly database: FleetDatabaseFigures | undefined;
}

export interface FleetPlan {
  /** Accounts of fleets in one process, the most last. */
  readonly sizes: readonly number[];
  /** Of a fleet on several workers. */
  readonly database: { readonly accounts: number; readonly workers: number };
}

/** Many accounts in one process, each with its own account at one venue on this machine. */
export async function measureFleets(
  { compileCache }: StandSetup,
  { sizes, database }: FleetPlan,
  say: (text: string) => void,
): Promise<FleetResult> {
  const measured: FleetFigures[] = [];
  for (const accounts of sizes) {
    measured.push(await measureFleet(accounts, compileCache));
    say(`${String(accounts)} accounts: ${String(measured.at(-1)?.lastFillMs)} ms`);
  }
  const shared = await measureFleetDatabase(database.accounts, database.workers);
  if (shared !== undefined)
    say(`${String(shared.accounts)} accounts, ${String(shared.workers)} workers with a database: ${String(shared.runMs[1])} ms`);
  const growth = growthOf(measured.map(({ accounts, secondRunMs }) => ({ work: accounts, ms: secondRunMs })));
  return { sizes: measured, growth, database: shared };
}

async function measureFleet(accounts: number, compileCache: string): Promise<FleetFigures> {
  const directory = mkdtempSync(join(tmpdir(), "bench-fleet-"));
  const arrivals = new Map<string, number>();
  const fills = { left: 0, lastAt: 0 };
  const venue = await startSharedSimulator({
    alwaysOpen: true,
    rateLimitPerMinute: "off",
    prices: PRICES,
    cash: decimal("100000"),
    partialFillProbability: 0,
    interceptor: {
      before: ({ method, headers }) => {
        const key = headers["apca-api-key-id"] ?? "";
        if (method === "POST" && !arrivals.has(key)) arrivals.set(key, systemClock.monotonic());
        return Promise.resolve(undefined);
      },
    },
  });
  const alertsFile = join(directory, "alerts.json");
  const env = environmentIn(directory, venue, alertsFile, compileCache);
  for (let account = 0; account < accounts; account += 1) addAccount(env.STATE_DIR, venue, account, fills);
  const startedAt = systemClock.monotonic();
  const child = spawn(process.execPath, ["--import", STALL_MONITOR, BUILT_CLI, "fleet", "run"], { env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { text: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.text += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.text += text));
  const pid = child.pid ?? 0;
  try {
    await until(() => said.text.includes(`${String(accounts)} of ${String(accounts)} accounts watch`), said);
    const readyMs = systemClock.monotonic() - startedAt;
    await systemClock.sleep(SETTLE_MS);
    const warm = residentMiB(pid);
    const oneRun = async (
      legs: typeof NUCLEAR | typeof HEDGE,
      orders: number,
    ): Promise<{ tookMs: number; firstOrderMs: number[]; stallMs: number; cpuMs: number }> => {
      fills.left = accounts * orders;
      arrivals.clear();
      await stallOf(child, said);
      const cpuBefore = processorMs(pid);
      const at = systemClock.monotonic();
      appendFileSync(alertsFile, runOf(legs, systemClock.now()), { mode: 0o644 });
      await until(() => fills.left === 0, said);
      await until(() => said.text.includes(`Fleet: on target ${String(accounts)}.`), said);
      said.text = "";
      const firstOrderMs = [...arrivals.values()].map((arrived) => arrived - at);
      return { tookMs: fills.lastAt - at, firstOrderMs, stallMs: await stallOf(child, said), cpuMs: processorMs(pid) - cpuBefore };
    };
    const [first, second] = [await oneRun(NUCLEAR, ORDERS[0] ?? 0), await oneRun(HEDGE, ORDERS[1] ?? 0)];
    return {
      accounts,
      lastFillMs: rounded(first.tookMs),
      secondRunMs: rounded(second.tookMs),
      firstOrderMs: spreadOf(second.firstOrderMs),
      processorMsPerAccount: rounded(second.cpuMs / accounts),
      stallMs: rounded(Math.max(first.stallMs, second.stallMs)),
      readyMs: rounded(readyMs),
      rssMiB: { warm: rounded(warm), after: rounded(residentMiB(pid)) },
    };
  } finally {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "close");
    await venue.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function environmentIn(
  directory: string,
  venue: SharedSimulator,
  alertsFile: string,
  compileCache: string,
): Record<string, string> & { STATE_DIR: string } {
  mkdirSync(join(directory, "logs"));
  return {
    PATH: process.env.PATH ?? "",
    HOME: directory,
    NO_COLOR: "1",
    NODE_COMPILE_CACHE: compileCache,
    TRADING_MODE: "paper",
    ALPACA_PAPER_ENDPOINT: venue.url,
    STATE_DIR: join(directory, "state"),
    HALT_FILE: join(directory, "HALT"),
    LOG_DIR: join(directory, "logs"),
    ALERTS_FILE: alertsFile,
    ALERTS_TIMEZONE: WRITERS_ZONE,
    DASHBOARD_PORT: "off",
  };
}

function addAccount(stateDir: string, venue: SharedSimulator, number: number, fills: { left: number; lastAt: number }): void {
  const keyId = `PKBENCH${String(process.pid)}N${String(number)}`;
  const directory = join(stateDir, "accounts", `account-${String(number)}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, "account.env"), `ALPACA_PAPER_KEY=${keyId}\nALPACA_PAPER_SECRET=s\n`, { mode: 0o600 });
  venue.accounts.venueOf(keyId)?.exchange.onTradeUpdate(({ event }) => {
    if (event !== "fill") return;
    fills.left -= 1;
    fills.lastAt = systemClock.monotonic();
  });
}

async function stallOf(child: ChildProcess, said: { text: string }): Promise<number> {
  said.text = "";
  child.kill("SIGUSR2");
  await until(() => /stall [\d.]+\n/.test(said.text), said);
  return Number(/stall ([\d.]+)\n/.exec(said.text)?.[1]);
}

async function until(isSo: () => boolean, said: { readonly text: string }): Promise<void> {
  const end = systemClock.monotonic() + PATIENCE_MS;
  while (!isSo()) {
    if (systemClock.monotonic() > end) throw new Error(`The fleet did not get this far:\n${said.text.slice(-4_000)}`);
    await systemClock.sleep(PAUSE_MS);
  }
}
