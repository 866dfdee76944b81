import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "@jest/globals";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Stands for the bundler: says that it was called, and "bundles" the one source with the one package. */
const BUNDLER = `
import { appendFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
appendFileSync("calls", "x");
if (existsSync("broken")) process.exit(2);
mkdirSync("dist", { recursive: true });
cpSync("src/cli.ts", "dist/cli.js");
writeFileSync("dist/packages.json", '["node_modules/zod"]');
`;

let project: string;

function put(file: string, text: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), text);
}

function prepare(): number | null {
  return spawnSync(process.execPath, [join(project, "scripts/prepare.js")], { cwd: project }).status;
}

function calls(): number {
  return existsSync(join(project, "calls")) ? readFileSync(join(project, "calls")).length : 0;
}

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "prepare-"));
  put("package.json", '{"type":"module"}');
  put("node_modules/@rollup/wasm-node/package.json", '{"version":"1.0.0"}');
  put("node_modules/zod/package.json", '{"version":"1.0.0"}');
  put("scripts/bundle.js", BUNDLER);
  put("src/cli.ts", "first");
  for (const file of ["scripts/prepare.js", "scripts/built.js", "scripts/node.js", "src/machine/locked-node.js"])
    cpSync(join(ROOT, file), join(project, file), { recursive: true });
  prepare();
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

test("what is built already is not built again", () => {
  expect(calls()).toBe(1);
  expect(prepare()).toBe(0);
  expect(calls()).toBe(1);
});

test("another source is built, however old its file says that it is", () => {
  put("src/cli.ts", "other");
  utimesSync(join(project, "src/cli.ts"), 1, 1);
  expect(prepare()).toBe(0);
  expect(readFileSync(join(project, "dist/cli.js"), "utf8")).toBe("other");
});

test.each([
  ["a source more", "src/more.ts"],
  ["a changed setting", "package.json"],
  ["another bundler", "node_modules/@rollup/wasm-node/package.json"],
  ["another version of a package in the bundle", "node_modules/zod/package.json"],
  ["a changed result", "dist/cli.js"],
  ["a changed list of packages", "dist/packages.json"],
])("%s makes it build again", (_, file) => {
  put(file, '{"type":"module","is":"changed"}');
  expect(prepare()).toBe(0);
  expect(calls()).toBe(2);
  expect(readFileSync(join(project, "dist/cli.js"), "utf8")).toBe("first");
});

test("a lost result is built again", () => {
  rmSync(join(project, "dist"), { recursive: true });
  expect(prepare()).toBe(0);
  expect(existsSync(join(project, "dist/cli.js"))).toBe(true);
});

test("what could not be built is tried again, though the sources are those from before", () => {
  put("src/cli.ts", "wrong");
  put("broken", "");
  expect(prepare()).toBe(2);
  put("src/cli.ts", "first");
  expect(prepare()).toBe(2);
  rmSync(join(project, "broken"));
  expect(prepare()).toBe(0);
  expect(calls()).toBe(4);
});

test("without a bundler, what was built before stays", () => {
  rmSync(join(project, "node_modules/@rollup"), { recursive: true });
  put("src/cli.ts", "other");
  expect(prepare()).toBe(0);
  expect(readFileSync(join(project, "dist/cli.js"), "utf8")).toBe("first");
});
