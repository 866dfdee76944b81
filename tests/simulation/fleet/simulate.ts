import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { systemClock } from "../../../src/domain/clock.ts";
import type { FleetSeedResult } from "./fleet-simulation.ts";

const PROGRESS_EVERY_MS = 10_000;
/** What a killed process was waiting for stays in memory, so a worker makes room for a new one. */
const SEEDS_OF_A_WORKER = 500;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "1" },
    workers: { type: "string", default: String(availableParallelism()) },
  },
});

process.exitCode = await main(whole("from", values.from), whole("seeds", values.seeds), whole("workers", values.workers));

async function main(from: number, seeds: number, workers: number): Promise<number> {
  const started = systemClock.monotonic();
  const total = { seeds: 0, broken: 0, accounts: 0, orders: 0, isolated: 0 };
  const mishaps = new Map<string, number>();
  let saidAt = started;
  await runAll(from, seeds, workers, (result) => {
    total.seeds += 1;
    total.accounts += result.accounts;
    total.orders += result.orders;
    total.isolated += result.isolated;
    for (const kind of result.mishaps) mishaps.set(kind, (mishaps.get(kind) ?? 0) + 1);
    if (result.violations.length > 0) total.broken += 1;
    for (const text of result.violations.slice(0, 2)) console.log(`Seed ${String(result.seed)}: ${text}`);
    if (systemClock.monotonic() - saidAt < PROGRESS_EVERY_MS) return;
    saidAt = systemClock.monotonic();
    console.log(`${String(total.seeds)} of ${String(seeds)} seeds, ${String(total.broken)} broken`);
  });
  const seconds = (systemClock.monotonic() - started) / 1_000;
  console.log(
    `Mishaps: ${[...mishaps]
      .toSorted()
      .map(([kind, count]) => `${kind} ${String(count)}`)
      .join(" · ")}`,
  );
  console.log(
    `${String(total.seeds)} fleets with ${String(total.accounts)} accounts, ${String(total.orders)} orders, ${String(total.isolated)} runs judged undisturbed, ${String(total.broken)} fleets with violations, ${(total.seeds / seconds).toFixed(1)} a second, from seed ${String(from)}`,
  );
  return total.broken === 0 ? 0 : 1;
}

function runAll(from: number, seeds: number, workers: number, onResult: (result: FleetSeedResult) => void): Promise<void> {
  const end = from + seeds;
  let next = from;
  let working = 0;
  return new Promise((resolve, reject) => {
    const employ = (): void => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url));
      working += 1;
      let left = SEEDS_OF_A_WORKER;
      const feed = (): void => {
        if (next < end && left > 0) {
          left -= 1;
          worker.postMessage(next);
          next += 1;
          return;
        }
        working -= 1;
        void worker.terminate();
        if (next < end) employ();
        else if (working === 0) resolve();
      };
      worker.on("error", reject);
      worker.on("message", (result: FleetSeedResult) => {
        onResult(result);
        feed();
      });
      feed();
    };
    for (let each = 0; each < Math.max(1, Math.min(workers, seeds)); each += 1) employ();
  });
}

function whole(name: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new RangeError(`--${name} takes a whole number, not "${text}".`);
  return Number(text);
}
