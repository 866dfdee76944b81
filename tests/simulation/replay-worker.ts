import { parentPort } from "node:worker_threads";
import { replaySeeds } from "./replay-tally.ts";
import type { Batch } from "./worker.ts";

process.on("unhandledRejection", (reason) => {
  throw reason;
});

parentPort?.on("message", ({ from, count }: Batch) => {
  void replaySeeds(from, count).then((tally) => parentPort?.postMessage(tally));
});
