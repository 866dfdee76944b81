import { flushCompileCache } from "node:module";
import { parseArgs } from "node:util";
import type { Violation } from "../invariants.ts";
import { simulate } from "../simulation.ts";

/** One line of output for each seed. */
export interface SeedLine {
  readonly seed: number;
  readonly violations: readonly Violation[];
}

/** Runs seeds in a tree that may have a bug in it, one after the other, and says of each what it broke. */
const { values } = parseArgs({ options: { from: { type: "string", default: "1" }, seeds: { type: "string", default: "1" } } });
let seed = Number(values.from);
// Once a bug is caught, this process is killed.
flushCompileCache();

function say(violations: readonly Violation[]): void {
  process.stdout.write(`${JSON.stringify({ seed, violations } satisfies SeedLine)}\n`);
}

function failed(error: unknown): readonly Violation[] {
  return [{ promise: "simulation", text: Error.isError(error) ? error.message : String(error) }];
}

// What a bug has thrown where nobody waits for it has broken the run of this seed, and every later one in this process.
process.on("unhandledRejection", (reason) => {
  say(failed(reason));
  process.exit(1);
});

const end = seed + Number(values.seeds);
for (; seed < end; seed += 1) {
  try {
    say((await simulate(seed)).violations);
  } catch (error) {
    say(failed(error));
  }
}
