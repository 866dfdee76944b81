// Whether dist/ is what `prepare.js` built of these very sources.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What dist/ was made of and holds. `npm ci` removes it, and so always builds. */
export const STAMP = join(ROOT, "node_modules/.cache/alpaca-trader/build");

const SETTINGS = ["package.json", "scripts/bundle.js", "node_modules/@rollup/wasm-node/package.json"];

/** The packages that are in the bundle. */
const PACKAGES = "dist/packages.json";

/** @returns {boolean} */
export function isBuilt() {
  return existsSync(STAMP) && readFileSync(STAMP, "utf8") === fingerprint();
}

/**
 * By content: a file's time says nothing of a copy that was put back.
 *
 * @returns {string}
 */
export function fingerprint() {
  const hash = createHash("sha256");
  const files = [...SETTINGS, ...packages(), ...filesBelow("src"), ...filesBelow("dist")];
  for (const file of files.filter((name) => existsSync(join(ROOT, name)))) hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)));
  return hash.digest("hex");
}

/** @returns {string[]} another version of a package is another file. */
function packages() {
  if (!existsSync(join(ROOT, PACKAGES))) return [];
  try {
    return JSON.parse(readFileSync(join(ROOT, PACKAGES), "utf8")).map((/** @type {string} */ folder) => join(folder, "package.json"));
  } catch {
    // A changed result, which is built again.
    return [];
  }
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(folder) {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { encoding: "utf8", recursive: true })
    .map((name) => join(folder, name))
    .filter((name) => statSync(join(ROOT, name)).isFile())
    .sort();
}
