import { parentPort } from "node:worker_threads";
import { simulate } from "./simulation.ts";
import { count, emptyTally } from "./tally.ts";

/** Seeds `from` to `from + count - 1`. */
export interface Batch {
  readonly from: number;
  readonly count: number;
}

process.on("unhandledRejection", (reason) => {
  throw reason;
});

parentPort?.on("message", (batch: Batch) => {
  void work(batch);
});

async function work(batch: Batch): Promise<void> {
  const tally = emptyTally();
  for (let seed = batch.from; seed < batch.from + batch.count; seed += 1) {
    try {
      count(tally, await simulate(seed));
    } catch (error) {
      tally.seeds += 1;
      tally.violations += 1;
      const text = Error.isError(error) ? (error.stack ?? error.message) : String(error);
      tally.broken.push({ seed, violations: [{ promise: "simulation", text }] });
    }
  }
  parentPort?.postMessage(tally);
}
