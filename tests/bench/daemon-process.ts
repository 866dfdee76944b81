import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { loadOnlyWhatIsUsed, stayInFirstYoungSpace } from "../../src/machine/footprint.ts";
import { answerQuestions } from "./conversation.ts";
import { SkippingClock } from "./skipping-clock.ts";

/** The daemon as `run` starts it, with a clock that can be made to leap and a watch on its event loop. */

const RESOLUTION_MS = 1;

// As the command line does before it loads anything else.
loadOnlyWhatIsUsed();
stayInFirstYoungSpace();
const { run } = await import("../../src/commands/run.ts");
const { terminalOn } = await import("../../src/reporting/terminal.ts");

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const clock = new SkippingClock();
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
answerQuestions({
  skip: (ms) => clock.skip(ms),
  "watch-stalls": () => {
    delays.reset();
    delays.enable();
  },
  /** How long nothing else could run, milliseconds. */
  "longest-stall": () => {
    delays.disable();
    return Math.max(0, delays.max / 1e6 - RESOLUTION_MS);
  },
  /** What is still in use after a collection, bytes. */
  "live-heap": () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  },
});
process.exitCode = await run({
  env: process.env,
  clock,
  out: terminalOn(process.stdout, process.env),
  err: terminalOn(process.stderr, process.env),
  directory: process.cwd(),
  verbose: false,
});
process.disconnect();
