import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "@jest/globals";

const SCRIPT = fileURLToPath(new URL("../../scripts/prepare.js", import.meta.url));
/** Stands for the compiler: says that it was called, and "compiles" the one source. */
const COMPILER = `
const { appendFileSync, cpSync, existsSync, mkdirSync } = require("node:fs");
appendFileSync("calls", "x");
if (existsSync("broken")) process.exit(2);
mkdirSync("dist", { recursive: true });
cpSync("src/cli.ts", "dist/cli.js");
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
  put("node_modules/typescript/package.json", '{"version":"1.0.0"}');
  put("node_modules/typescript/bin/tsc", COMPILER);
  put("src/cli.ts", "first");
  cpSync(SCRIPT, join(project, "scripts/prepare.js"), { recursive: true });
  prepare();
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

test("what is built already is not compiled again", () => {
  expect(calls()).toBe(1);
  expect(prepare()).toBe(0);
  expect(calls()).toBe(1);
});

test("another source is compiled, however old its file says that it is", () => {
  put("src/cli.ts", "other");
  utimesSync(join(project, "src/cli.ts"), 1, 1);
  expect(prepare()).toBe(0);
  expect(readFileSync(join(project, "dist/cli.js"), "utf8")).toBe("other");
});

test.each([
  ["a source more", "src/more.ts"],
  ["a changed setting", "tsconfig.build.json"],
  ["another compiler", "node_modules/typescript/package.json"],
  ["a changed result", "dist/cli.js"],
])("%s makes it compile again", (_, file) => {
  put(file, '{"is":"changed"}');
  expect(prepare()).toBe(0);
  expect(calls()).toBe(2);
  expect(readFileSync(join(project, "dist/cli.js"), "utf8")).toBe("first");
});

test("a lost result is compiled again", () => {
  rmSync(join(project, "dist"), { recursive: true });
  expect(prepare()).toBe(0);
  expect(existsSync(join(project, "dist/cli.js"))).toBe(true);
});

test("what did not compile is tried again, though the sources are those from before", () => {
  put("src/cli.ts", "wrong");
  put("broken", "");
  expect(prepare()).toBe(2);
  put("src/cli.ts", "first");
  expect(prepare()).toBe(2);
  rmSync(join(project, "broken"));
  expect(prepare()).toBe(0);
  expect(calls()).toBe(4);
});

test("without a compiler, what was built before stays", () => {
  rmSync(join(project, "node_modules/typescript"), { recursive: true });
  put("src/cli.ts", "other");
  expect(prepare()).toBe(0);
  expect(readFileSync(join(project, "dist/cli.js"), "utf8")).toBe("first");
});
