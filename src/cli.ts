#!/usr/bin/env node
// Nothing else is imported before this check: on an older Node those imports would fail with a stack trace.
import { isNewEnough, runOnRequiredNode } from "./machine/locked-node.js";

if (isNewEnough()) {
  const runs = process.argv.includes("run");
  // Before the other imports, which take some time.
  if (runs) (await import("./commands/stop-signals.ts")).leaveOnStopSignal();
  const { loadOnlyWhatIsUsed, stayInFirstYoungSpace } = await import("./machine/footprint.ts");
  loadOnlyWhatIsUsed();
  // A fleet has work for a larger one.
  if (runs && !process.argv.includes("fleet")) stayInFirstYoungSpace();
  // Stack traces then name the sources of the bundle. Only then: reading the maps takes as long as a short command.
  if (process.argv.includes("--verbose")) process.setSourceMapsEnabled(true);
  (await import("./config/compile-cache.ts")).useCompileCache(process.env, process.cwd());
  stopWithParent();
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv);
} else {
  runOnRequiredNode(process.argv.slice(1));
}

/** Started from an older Node (`locked-node.js`) that was killed: nobody can stop this process through it any more. */
function stopWithParent(): void {
  process.channel?.unref();
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
}
