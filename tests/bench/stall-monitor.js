// Loaded before the product: says on a signal how long the event loop stood still at most since the signal before.
import { monitorEventLoopDelay } from "node:perf_hooks";

const NS_PER_MS = 1_000_000;
const monitor = monitorEventLoopDelay({ resolution: 2 });
monitor.enable();
process.on("SIGUSR2", () => {
  process.stderr.write(`stall ${(monitor.max / NS_PER_MS).toFixed(1)}\n`);
  monitor.reset();
});
