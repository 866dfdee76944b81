import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import type { WebSocket } from "ws";
import { systemClock } from "../../src/domain/clock.ts";
import { BUILT_CLI } from "./built-product.ts";
import { processorMs, residentMiB } from "./process-figures.ts";
import { SimulatorClients } from "./simulator-clients.ts";
import type { StandSetup } from "./stand.ts";
import { rounded } from "./statistics.ts";

export interface SimulatorPlan {
  /** Of each kind. */
  readonly requests: number;
  /** Orders of one account, and again of all accounts together. */
  readonly orders: number;
  readonly accounts: number;
}

export interface Rate {
  /** For each second of processor time of the simulator's process: what one core can do. */
  readonly perSecond: number;
  /** For each second that passed, while the clients shared the machine. */
  readonly perSecondPassed: number;
}

export interface OrderRates {
  readonly orders: Rate;
  readonly updates: Rate;
}

export interface SimulatorFigures {
  /** Of the machine, over the last minute of the measurement: this part also runs where others have work. */
  readonly load: number;
  readonly accounts: number;
  readonly reads: readonly (Rate & { readonly path: string })[];
  readonly oneAccount: OrderRates;
  /** All accounts together, each followed by a client of its own. */
  readonly allAccounts: OrderRates;
  /** Of the simulator's process: after its start, with one account, with all of them, and after the orders of all. */
  readonly rssMiB: { readonly started: number; readonly one: number; readonly all: number; readonly after: number };
}

const PATHS = ["/v2/clock", "/v2/account", "/v2/positions", "/v2/orders?status=all&limit=50", "/v2/stocks/SPY/quotes/latest?feed=iex"];
const OPTIONS = ["--port", "0", "--account-per-key", "--rate-limit", "off", "--cash", "1000000000"];
/** What an order costs shows best when nothing is waited for. */
const AT_ONCE = ["--latency", "0", "--fill-latency", "0", "--partial-fills", "0"];
const CONNECTIONS = 8;
const WARM_UP_SHARE = 0.1;
const ORDER = { symbol: "SPY", qty: "1", side: "buy", type: "market", time_in_force: "day" };
const PATIENCE_MS = 120_000;
const PAUSE_MS = 5;
const MS_PER_SECOND = 1_000;

/** The simulator as a product of its own: what it answers and reports on one core, and what accounts cost. */
export async function measureSimulator(setup: StandSetup, plan: SimulatorPlan, say: (text: string) => void): Promise<SimulatorFigures> {
  const directory = mkdtempSync(join(tmpdir(), "bench-simulator-"));
  const env = { PATH: process.env.PATH, HOME: directory, STATE_DIR: directory, NODE_COMPILE_CACHE: setup.compileCache };
  const words = [BUILT_CLI, "simulator", ...OPTIONS, ...AT_ONCE];
  const child = spawn(process.execPath, words, { cwd: directory, env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [greeting] = (await once(child.stdout, "data")) as [Buffer];
    const url = /http:\/\/[\d.]+:\d+/.exec(greeting.toString())?.[0];
    if (url === undefined) throw new Error(`The simulator did not start: ${greeting.toString()}`);
    return await measureAt(url, child.pid ?? 0, plan, say);
  } finally {
    child.kill();
    if (child.exitCode === null) await once(child, "exit");
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureAt(url: string, pid: number, plan: SimulatorPlan, say: (text: string) => void): Promise<SimulatorFigures> {
  const { accounts, orders, requests } = plan;
  const clients = new SimulatorClients(url, CONNECTIONS);
  const sockets: WebSocket[] = [];
  const keys = Array.from({ length: accounts }, (_, index) => `ACCOUNT${String(index)}`);
  const [first = ""] = keys;
  const seen = { updates: 0, fills: 0 };
  const follow = async (key: string): Promise<void> => {
    const socket = await clients.follow(key, (event) => {
      seen.updates += 1;
      if (event === "fill") seen.fills += 1;
    });
    sockets.push(socket);
  };
  const place = async (by: readonly string[], count: number): Promise<OrderRates> => {
    Object.assign(seen, { updates: 0, fills: 0 });
    const cost = await costOf(pid, async () => {
      await inTurn(count, (index) => clients.ask(by[index % by.length] ?? "", "POST", "/v2/orders", ORDER));
      await until(() => seen.fills >= count);
    });
    return { orders: rateOf(count, cost), updates: rateOf(seen.updates, cost) };
  };
  const memory = (): number => rounded(residentMiB(pid));
  try {
    const started = memory();
    await follow(first);
    await place([first], orders * WARM_UP_SHARE);
    const reads = [];
    for (const path of PATHS) {
      const ask = (count: number): Promise<void> => inTurn(count, () => clients.ask(first, "GET", path));
      await ask(requests * WARM_UP_SHARE);
      reads.push({ path, ...rateOf(requests, await costOf(pid, () => ask(requests))) });
      say(`${path}: ${String(reads.at(-1)?.perSecond)} a second`);
    }
    const oneAccount = await place([first], orders);
    const one = memory();
    for (const key of keys.slice(1)) await follow(key);
    const all = memory();
    const allAccounts = await place(keys, orders);
    say(`orders: ${String(oneAccount.orders.perSecond)} a second; of ${String(accounts)} accounts ${String(allAccounts.orders.perSecond)}`);
    const load = rounded(loadavg()[0] ?? 0);
    return { load, accounts, reads, oneAccount, allAccounts, rssMiB: { started, one, all, after: memory() } };
  } finally {
    for (const socket of sockets) socket.terminate();
    clients.close();
  }
}

/** Milliseconds. */
interface Cost {
  readonly used: number;
  readonly passed: number;
}

async function costOf(pid: number, work: () => Promise<void>): Promise<Cost> {
  const [at, used] = [systemClock.monotonic(), processorMs(pid)];
  await work();
  return { used: processorMs(pid) - used, passed: systemClock.monotonic() - at };
}

function rateOf(count: number, { passed, used }: Cost): Rate {
  return { perSecond: Math.round((count * MS_PER_SECOND) / used), perSecondPassed: Math.round((count * MS_PER_SECOND) / passed) };
}

/** So many requests, as many at once as there are connections. */
async function inTurn(count: number, ask: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await ask(next - 1);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
}

async function until(isSo: () => boolean): Promise<void> {
  const end = systemClock.monotonic() + PATIENCE_MS;
  while (!isSo()) {
    if (systemClock.monotonic() > end) throw new Error("The simulator did not report every order.");
    await systemClock.sleep(PAUSE_MS);
  }
}
