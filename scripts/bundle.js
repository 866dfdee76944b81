// Makes what is installed out of src/: a few chunks in place of hundreds of modules, which a command would look up, read
// and link one by one at every start. What a command loads when it is needed stays a chunk of its own.
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import commonJsPlugin from "@rollup/plugin-commonjs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { rollup } from "@rollup/wasm-node";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Its types are those of a CommonJS module, which it is not. */
const commonjs = /** @type {(options: object) => import("@rollup/wasm-node").Plugin} */ (/** @type {unknown} */ (commonJsPlugin));

const SOURCE = /\.ts$/;
const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/**
 * Loaded only when somebody looks at the dashboard or a fleet has a database, and only in part, or read as files: in the
 * bundle they would be loaded whole.
 */
const OUTSIDE = ["fastify", "prom-client", "pg", "pg-boss", "age-encryption"];

/** zod's table of sixty languages, as in src/machine/footprint.ts. */
const UNUSED = /\/zod\/v4\/locales\/index\.js$/;

/** Said about packages that work: circles that Node loads too, and remarks for other tools. */
const HARMLESS = ["CIRCULAR_DEPENDENCY", "INVALID_ANNOTATION", "THIS_IS_UNDEFINED"];

/**
 * Everything that is in `directory` before is removed. Beside the chunks it holds their source maps, the dashboard's page,
 * the licences of the packages in the chunks, and, for `prepare.js`, the list of these packages.
 *
 * @param {Readonly<Record<string, string>>} entries name in `directory`, without `.js`: the file of this project.
 * @param {string} directory its parent is where the program looks for `package.json`.
 */
export async function bundle(entries, directory) {
  const made = await rollup({
    input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(ROOT, file)])),
    external: (id) => id.startsWith("node:") || OUTSIDE.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [ours, nodeResolve({ exportConditions: ["node"], preferBuiltins: true }), commonjs({ ignoreDynamicRequires: true })],
    onLog: (level, log, handle) => {
      if (level === "warn" && !HARMLESS.includes(log.code ?? "")) handle("error", log);
    },
  });
  rmSync(directory, { recursive: true, force: true });
  const { output } = await made.write({
    dir: directory,
    format: "es",
    generatedCode: "es2015",
    sourcemap: true,
    sourcemapExcludeSources: true,
    chunkFileNames: "[name]-[hash].js",
    // The command line is still waiting for what it started, and so nothing that is loaded later may wait for it.
    manualChunks: (id) => (id.endsWith("/src/machine/locked-node.js") ? "locked-node" : undefined),
  });
  const chunks = output.filter((file) => file.type === "chunk");
  const waiting = chunks.find(({ imports, dynamicImports }) =>
    [...imports, ...dynamicImports].some((name) => name.endsWith(".js") && Object.hasOwn(entries, name.slice(0, -".js".length))),
  );
  if (waiting !== undefined) throw new Error(`${waiting.fileName} imports an entry, which would wait for itself.`);
  const folders = packagesIn(chunks.flatMap(({ moduleIds }) => moduleIds));
  writeFileSync(join(directory, "packages.json"), JSON.stringify(folders.map((folder) => folder.slice(ROOT.length))));
  writeFileSync(join(directory, "LICENSES.txt"), folders.map(licence).join("\n\n"));
  cpSync(join(ROOT, "src/dashboard/page"), join(directory, "page"), { recursive: true, filter: (name) => !name.endsWith(".json") });
}

/** Sources and texts that packages contain. @type {import("@rollup/wasm-node").Plugin} */
const ours = {
  name: "ours",
  // Node's own way from one source to the other; the plugin for packages would ask the disk for each.
  resolveId: (id, from) => (id.startsWith(".") && from !== undefined && SOURCE.test(from) ? join(dirname(from), id) : null),
  load: (id) => {
    if (SOURCE.test(id)) return withoutTypes(readFileSync(id, "utf8"));
    if (UNUSED.test(id)) return "export {};";
    return id.endsWith(".json") ? `export default ${readFileSync(id, "utf8")};` : null;
  },
  // The engine keeps a text with one character beyond Latin-1 in two bytes a character.
  renderChunk: (code) => ({ code: code.replaceAll(/[^\0-\xff]/g, escaped), map: null }),
};

/**
 * Everything stays in its place, so the source maps need to know of no types.
 *
 * @param {string} source
 */
function withoutTypes(source) {
  // A removed character that takes several bytes becomes a blank that does.
  return stripTypeScriptTypes(source).replaceAll(/[^\0-\xff]/g, (character, at) => (character === source[at] ? character : " "));
}

/** @param {string} character one UTF-16 unit */
function escaped(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * @param {readonly string[]} modules
 * @returns {string[]} the folders of the packages that they are from
 */
function packagesIn(modules) {
  const found = modules.flatMap((id) => PACKAGE.exec(id.replace("\0", ""))?.[0] ?? []);
  return [...new Set(found)].sort();
}

/** @param {string} folder */
function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file !== undefined && existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8").trim() : "";
  return `${name} ${version} (${license})\n\n${text}\n`;
}

if (import.meta.main) {
  await bundle({ cli: "src/cli.ts", "supervision/health-check": "src/supervision/health-check.ts" }, join(ROOT, "dist"));
  // npm makes a command executable when it links it, and npx up to npm 10 does not do so again after a later build.
  chmodSync(join(ROOT, "dist/cli.js"), 0o755);
}
