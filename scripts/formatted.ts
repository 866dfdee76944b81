import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./built.js";

/** Writes a file of this project in the form that `npm run format` gives it. */
export function writeFormatted(file: string, text: string): void {
  writeFileSync(file, text);
  execFileSync(process.execPath, [join(ROOT, "node_modules/oxfmt/bin/oxfmt"), file], { cwd: ROOT });
}
