import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { runWell } from "./shell.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The project as a fresh clone has it, in a new directory: what is committed or about to be, and nothing else. */
export function copyProject(to: string): void {
  mkdirSync(to, { recursive: true });
  runWell("sh", ["-c", `git ls-files -co --exclude-standard -z | xargs -0 cp --parents -t "$1"`, "sh", to], { cwd: ROOT });
}
