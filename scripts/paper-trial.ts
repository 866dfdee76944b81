import { writeFileSync } from "node:fs";
import process from "node:process";
import { systemClock } from "../src/domain/clock.ts";
import { loadEnvironment } from "../src/config/environment.ts";
import { messageOf, TraderError } from "../src/domain/errors.ts";
import { paperTrial } from "../tests/paper/paper-trial.ts";

/** Tries on the user's own paper account what docs/to-try-on-paper.md can only assume. Ctrl-C stops it; it still cleans up. */
const stop = new AbortController();
process.on("SIGINT", () => {
  stop.abort();
});

try {
  process.exitCode = await paperTrial(process.argv.slice(2), {
    environment: loadEnvironment(process.cwd()),
    clock: systemClock,
    send: fetch,
    signal: stop.signal,
    print: (line) => process.stdout.write(`${line}\n`),
    write: (file, text) => {
      writeFileSync(file, text, { mode: 0o600 });
    },
  });
} catch (error) {
  const hint = error instanceof TraderError && error.hint !== undefined ? `\nHint: ${error.hint}` : "";
  process.stderr.write(`Error: ${messageOf(error)}${hint}\n`);
  process.exitCode = error instanceof TraderError ? error.exitCode : 1;
}
