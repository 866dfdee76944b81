import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { systemClock } from "../../src/domain/clock.ts";
import type { ReplayTally } from "./replay-tally.ts";
import { addReplays, noReplays, sizeLine } from "./replay-tally.ts";

/**
 * Runs seeds of the simulation with every execution recorded, replays each recording, and compares its orders byte by
 * byte. The last line is `N executions, N the same, …`.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "300" },
    from: { type: "string", default: "1" },
    workers: { type: "string", default: "1" },
    /** Directory for the recordings of these seeds, in place of replaying them. */
    keep: { type: "string" },
  },
});

const BATCH = 10;

process.exitCode = await main();

async function main(): Promise<number> {
  const [seeds, from, workers] = [Number(values.seeds), Number(values.from), Number(values.workers)];
  if (values.keep !== undefined) return keep(values.keep, from, seeds);
  const started = systemClock.monotonic();
  const batches = Array.from({ length: Math.ceil(seeds / BATCH) }, (_, index) => from + index * BATCH);
  const total = noReplays();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const worker = new Worker(new URL("./replay-worker.ts", import.meta.url));
      for (let start = batches.shift(); start !== undefined; start = batches.shift()) {
        const tally = await new Promise<ReplayTally>((resolve, reject) => {
          worker.removeAllListeners();
          worker.once("message", resolve);
          worker.once("error", reject);
          worker.postMessage({ from: start, count: Math.min(BATCH, from + seeds - start) });
        });
        for (const text of tally.different) console.log(text);
        addReplays(total, tally);
      }
      await worker.terminate();
    }),
  );
  console.log(sizeLine(total));
  console.log(
    `${String(total.limitStyle)} executions in limit style, ${String(total.restarted)} with a restart in the middle, ${String(total.full)} too large to be whole, ${String(total.orders)} orders`,
  );
  const seconds = ((systemClock.monotonic() - started) / 1_000).toFixed(0);
  const { executions, same, unrecorded, violations } = total;
  console.log(
    `${String(executions)} executions, ${String(same)} the same, ${String(unrecorded)} without a recording, ${String(violations)} violations, ${seconds} s`,
  );
  return total.different.length + violations === 0 && executions > 0 ? 0 : 1;
}

/** One file for each execution, as `tests/replay/recordings` holds them. */
async function keep(directory: string, from: number, seeds: number): Promise<number> {
  const { recordingsOf } = await import("./replay-tally.ts");
  for (let seed = from; seed < from + seeds; seed += 1)
    for (const recording of await recordingsOf(seed)) {
      const style = JSON.stringify(recording.tapes).includes('"style":"limit"') ? "limit" : "market";
      const file = `seed-${String(seed)}-${style}-${String(recording.tapes.length)}-${recording.execution}.json.gz`;
      writeFileSync(join(directory, file), gzipSync(JSON.stringify(recording), { level: 9 }));
      console.log(file);
    }
  return 0;
}
