import { parentPort } from "node:worker_threads";
import { simulateFleet, type FleetSeedResult } from "./fleet-simulation.ts";

process.on("unhandledRejection", (reason) => {
  throw reason;
});

parentPort?.on("message", (seed: number) => {
  simulateFleet(seed).then(
    (result) => parentPort?.postMessage(result),
    (error: unknown) => parentPort?.postMessage(failed(seed, error)),
  );
});

function failed(seed: number, error: unknown): FleetSeedResult {
  const text = Error.isError(error) ? (error.stack ?? error.message) : String(error);
  return { seed, accounts: 0, violations: [`The simulation itself failed: ${text}`], orders: 0, mishaps: [], isolated: 0 };
}
