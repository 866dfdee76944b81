// npm calls this after an installation, and npx up to npm 10 before every command in the project's folder. Nothing is
// built when dist/ is what was built of these very sources: `npx alpaca-trader halt` must not wait for it. In a project
// whose development dependencies were pruned there is no bundler, and what was built before stays.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fingerprint, isBuilt, ROOT, STAMP } from "./built.js";

const bundler = join(ROOT, "node_modules/@rollup/wasm-node");

if (existsSync(bundler) || !existsSync(join(ROOT, "dist/cli.js"))) if (!isBuilt()) process.exitCode = build();

/** @returns {number} the exit code */
function build() {
  rmSync(STAMP, { force: true });
  // `npm test` checks the types; an installation need not wait for that.
  const command = ["scripts/node.js", "--disable-warning=ExperimentalWarning", "scripts/bundle.js"];
  const status = spawnSync(process.execPath, command, { cwd: ROOT, stdio: "inherit" }).status ?? 1;
  if (status !== 0) return status;
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, fingerprint());
  return 0;
}
