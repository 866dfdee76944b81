import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("tsconfig.json", import.meta.url));
const PACKAGE = fileURLToPath(new URL("../../package.json", import.meta.url));
/** As in tests/bench/tsconfig.json. */
const BUILT = new URL("../../node_modules/.cache/bench/", import.meta.url);

/** The command line as it is installed: JavaScript, which needs no types to be stripped while it starts. */
export const BUILT_CLI = fileURLToPath(new URL("src/cli.js", BUILT));
/** `daemon-process.ts`, built. */
export const BUILT_DAEMON = fileURLToPath(new URL("tests/bench/daemon-process.js", BUILT));

/** Builds what is measured as `npm run build` builds what is installed. @throws when it does not compile. */
export function buildProduct(): void {
  const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  execFileSync(process.execPath, [compiler, "-p", PROJECT], { stdio: "inherit" });
  copyFileSync(PACKAGE, fileURLToPath(new URL("package.json", BUILT)));
}
