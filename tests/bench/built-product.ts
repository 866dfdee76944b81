import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundle } from "../../scripts/bundle.js";

const PACKAGE = fileURLToPath(new URL("../../package.json", import.meta.url));
const BUILT = new URL("../../node_modules/.cache/bench/", import.meta.url);
const DIST = fileURLToPath(new URL("dist/", BUILT));

/** The command line as it is installed. */
export const BUILT_CLI = `${DIST}cli.js`;
/** `daemon-process.ts`, built. */
export const BUILT_DAEMON = `${DIST}daemon.js`;

/** Builds what is measured as `npm run build` builds what is installed. */
export async function buildProduct(): Promise<void> {
  await bundle({ cli: "src/cli.ts", daemon: "tests/bench/daemon-process.ts" }, DIST);
  copyFileSync(PACKAGE, fileURLToPath(new URL("package.json", BUILT)));
}
