import { parseArgs } from "node:util";
import { systemClock } from "../../src/domain/clock.ts";
import { Chance } from "../simulation/chance.ts";
import { HEDGE, NUCLEAR, runOf } from "../scenarios/strategy.ts";
import type { TraderProcess } from "../scenarios/trader-process.ts";
import { MachinesInstallation } from "./machines-installation.ts";

const { values } = parseArgs({
  options: {
    accounts: { type: "string", default: "24" },
    workers: { type: "string", default: "3" },
    runs: { type: "string", default: "6" },
    seed: { type: "string", default: "1" },
    /** With a chance of one in three, the database is ended as by a crash, in the middle of a run. */
    crashes: { type: "boolean", default: false },
  },
});

/** What each run orders in an account that was on the target of the one before. */
const RUNS = [
  { legs: NUCLEAR, sells: ["TQQQ"], later: ["BTAL", "UVXY"], buys: ["LEU", "OKLO", "SMR"] },
  { legs: HEDGE, sells: ["LEU", "OKLO", "SMR"], later: ["LEU", "OKLO", "SMR"], buys: ["BTAL", "UVXY"] },
];
const PATIENCE_MS = 120_000;
const PAUSED_MS = [9_000, 16_000] as const;

process.exitCode = await main();

/**
 * Two intakes of the same file and several workers on one database. In each run a worker is killed or stopped for some seconds
 * while accounts trade; afterwards every account must have sent exactly the orders of one run, and be on target.
 */
async function main(): Promise<number> {
  const [accounts, workers, runs, seed] = [number("accounts"), number("workers"), number("runs"), number("seed")];
  const chance = new Chance(seed, "machines");
  const names = Array.from({ length: accounts }, (_, index) => `account-${String(index)}`);
  const machines = await MachinesInstallation.open(names, { fillLatencyMs: 100 }, values.crashes);
  const { fleet } = machines;
  const violations: string[] = [];
  const seen = new Map(names.map((name) => [name, 0]));
  const takeovers: number[] = [];
  try {
    const running = Array.from({ length: workers }, () => machines.start(["fleet", "worker"]));
    const intakes = [machines.start(["fleet", "intake"]), machines.start(["fleet", "intake"])];
    for (const started of [...running, ...intakes]) await started.says(/Ready: paper/);
    for (let round = 0; round < runs; round += 1) {
      const run = RUNS[round % 2];
      if (run === undefined) throw new Error("There is no such run.");
      const expected = [
        ...(round < 2 ? run.sells : run.later).map((symbol) => `sell ${symbol} filled`),
        ...run.buys.map((symbol) => `buy ${symbol} filled`),
      ].toSorted();
      fleet.alert(runOf(run.legs, systemClock.now()));
      const share = chance.whole(5, 95) / 100;
      await until(
        () => names.filter((name) => fleet.ordersOf(name).length > (seen.get(name) ?? 0)).length >= accounts * share,
        "accounts to begin",
      );
      const victim = chance.whole(0, workers - 1);
      const struck = systemClock.monotonic();
      const what = await strike(running, victim, chance, machines);
      const bookOf = (name: string): string[] =>
        fleet
          .ordersOf(name)
          .slice(seen.get(name) ?? 0)
          .map(({ side, symbol, status }) => `${side} ${symbol} ${status}`)
          .toSorted();
      await until(
        () => names.every((name) => bookOf(name).length >= expected.length && bookOf(name).every((order) => order.endsWith("filled"))),
        "all accounts to trade",
        () => names.flatMap((name) => (bookOf(name).length < expected.length ? [`${name}: ${bookOf(name).join(", ")}`] : [])).join("\n"),
      );
      const tookMs = systemClock.monotonic() - struck;
      takeovers.push(tookMs);
      for (const name of names) await settled(machines, name);
      for (const name of names) {
        const book = bookOf(name);
        if (book.join() !== expected.join()) violations.push(`run ${String(round)}, ${name}: ${book.join(", ")}`);
        const outcome = await machines.withLedger(name, (ledger) => ledger.recentExecutions(1)[0]?.outcome);
        if (outcome !== "on-target") violations.push(`run ${String(round)}, ${name}: ${String(outcome)}`);
        seen.set(name, fleet.ordersOf(name).length);
      }
      console.log(
        `run ${String(round + 1)} of ${String(runs)}: ${what} when ${(share * 100).toFixed(0)} % of the accounts had begun; all done ${(tookMs / 1_000).toFixed(1)} s later; ${String(violations.length)} violations`,
      );
    }
    for (const started of [...running, ...intakes]) await started.stop();
  } finally {
    await machines.close();
  }
  const orders = [...seen.values()].reduce((sum, count) => sum + count, 0);
  for (const violation of violations.slice(0, 20)) console.log(`VIOLATION: ${violation}`);
  console.log(
    `${String(runs)} runs, ${String(accounts)} accounts, ${String(workers)} workers, 2 intakes, ${machines.server.version}: ${String(orders)} orders, slowest ${(Math.max(...takeovers) / 1_000).toFixed(1)} s after the strike, ${String(violations.length)} violations, seed ${String(seed)}`,
  );
  return violations.length === 0 ? 0 : 1;
}

/** @returns what was done, for people. */
async function strike(running: TraderProcess[], victim: number, chance: Chance, machines: MachinesInstallation): Promise<string> {
  const worker = running[victim];
  if (worker === undefined) throw new Error("There is no such worker.");
  const did: string[] = [];
  if (chance.happens(0.6)) {
    worker.kill("SIGKILL");
    await worker.end();
    running[victim] = machines.start(["fleet", "worker"]);
    did.push("a worker was killed");
  } else {
    const forMs = chance.whole(...PAUSED_MS);
    worker.kill("SIGSTOP");
    void systemClock.sleep(forMs).then(() => worker.kill("SIGCONT"));
    did.push(`a worker was stopped for ${String(Math.round(forMs / 1_000))} s`);
  }
  if (values.crashes && chance.happens(0.33)) {
    await machines.server.halt("SIGQUIT");
    await machines.server.resume();
    did.push("the database crashed");
  }
  return did.join(", and ");
}

async function settled(machines: MachinesInstallation, name: string): Promise<void> {
  const end = systemClock.monotonic() + PATIENCE_MS;
  while ((await machines.withLedger(name, (ledger) => ledger.openExecutions().length)) !== 0) {
    if (systemClock.monotonic() > end) throw new Error(`The execution of ${name} does not end.`);
    await systemClock.sleep(100);
  }
}

async function until(condition: () => boolean, what: string, details: () => string = () => ""): Promise<void> {
  const end = systemClock.monotonic() + PATIENCE_MS;
  while (!condition()) {
    if (systemClock.monotonic() > end) throw new Error(`Waited in vain for ${what}.\n${details()}`);
    await systemClock.sleep(20);
  }
}

function number(name: "accounts" | "workers" | "runs" | "seed"): number {
  if (!/^\d{1,6}$/.test(values[name])) throw new RangeError(`--${name} takes a whole number, not "${values[name]}".`);
  return Number(values[name]);
}
