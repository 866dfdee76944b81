// npm calls this after an installation, and npx up to npm 10 before every command in the project's folder. Nothing is
// compiled when dist/ is what the compiler made of these very sources: `npx alpaca-trader halt` must not wait for it.
// In a project whose development dependencies were pruned there is no compiler, and what was built before stays.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = join(root, "node_modules/typescript/bin/tsc");
/** What dist/ was made of and holds. `npm ci` removes it, and so always compiles. */
const stamp = join(root, "node_modules/.cache/alpaca-trader/build");
const SETTINGS = ["package.json", "tsconfig.json", "tsconfig.build.json", "node_modules/typescript/package.json"];

if (existsSync(compiler) || !existsSync(join(root, "dist/cli.js"))) if (!isBuilt()) process.exitCode = build();

/** @returns {boolean} */
function isBuilt() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint();
}

/** @returns {number} the exit code */
function build() {
  rmSync(stamp, { force: true });
  // `npm test` checks the types; an installation need not wait for that.
  const status =
    spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json", "--noCheck"], { cwd: root, stdio: "inherit" }).status ?? 1;
  if (status !== 0) return status;
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprint());
  return 0;
}

/**
 * By content: a file's time says nothing of a copy that was put back.
 *
 * @returns {string}
 */
function fingerprint() {
  const hash = createHash("sha256");
  const files = [...SETTINGS, ...filesBelow("src"), ...filesBelow("dist")];
  for (const file of files.filter((name) => existsSync(join(root, name)))) hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { encoding: "utf8", recursive: true })
    .map((name) => join(folder, name))
    .filter((name) => statSync(join(root, name)).isFile())
    .sort();
}
