import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CLI } from "./product.ts";

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "alpaca-trader-command-line-"));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function typed(
  words: readonly string[],
  env: Record<string, string> = { STATE_DIR: directory },
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [CLI, ...words], {
    cwd: directory,
    env,
    encoding: "utf8",
  });
}

describe("what cannot be understood is one sentence with a hint, and 1", () => {
  test.each([
    [["frobnicate"], "unknown command 'frobnicate'"],
    [["run", "--bogus"], "unknown option '--bogus'"],
    [["report", "--days", "x"], "option '--days <number>' argument 'x' is invalid. Expected a whole number."],
    [
      ["simulator", "--partial-fills", "200"],
      "option '--partial-fills <percent>' argument '200' is invalid. Expected a whole percentage from 0 to 100.",
    ],
    [["backtest"], "required option '--from <date>' not specified"],
  ])("%j", (words, sentence) => {
    expect(typed(words)).toMatchObject({
      status: 1,
      stderr: `Error: ${sentence}\nHint: \`alpaca-trader --help\` lists the commands, and \`alpaca-trader COMMAND --help\` the options of one.\n`,
    });
  });
});

test.each([
  [["statsu"], "status"],
  [["fleet", "lsit"], "list"],
  [["status", "--jsno"], "--json"],
])("%j is answered with what was probably meant", (words, meant) => {
  expect(typed(words)).toMatchObject({ status: 1, stderr: expect.stringContaining(`(Did you mean ${meant}?)`) as unknown });
});

test("the version stands alone, and is printed with the help also when .env cannot be read", () => {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  writeFileSync(join(directory, ".env"), "MAX 100\n");
  try {
    expect(typed(["--version"])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: "" });
    expect(typed(["status", "--help"])).toMatchObject({ status: 0, stderr: "" });
    expect(typed(["status"]).status).toBe(78);
    // Only the command itself counts: the limits in the file may be what cannot be read.
    for (const words of [
      ["execute", "--account", "halt"],
      ["execute", "--account", "doctor"],
      ["fleet", "execute", "--accounts", "doctor"],
      ["signal", "--strategy", "help"],
    ])
      expect(typed(words)).toMatchObject({ status: 78, stderr: expect.stringContaining(".env cannot be used") as unknown });
    expect(typed(["--verbose", "completion", "bash"]).status).toBe(0);
  } finally {
    rmSync(join(directory, ".env"));
  }
});

test("a STATE_DIR that is no absolute path is refused, and nothing is made there", () => {
  const refused = typed(["status"], { STATE_DIR: "state" });
  expect(refused.status).toBe(78);
  expect(refused.stderr).toContain('STATE_DIR is "state"; expected an absolute path');
  expect(existsSync(join(directory, "state"))).toBe(false);
});

test("a report that cannot be written is a failure", () => {
  // Only Linux has a full disk at hand.
  if (!existsSync("/dev/full")) return;
  const full = openSync("/dev/full", "w");
  try {
    const { status, stderr } = spawnSync(process.execPath, [CLI, "report", "--json"], {
      cwd: directory,
      env: { STATE_DIR: directory },
      encoding: "utf8",
      stdio: ["ignore", full, "pipe"],
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Error: The output could not be written: ENOSPC.*\.\nHint: It is incomplete/);
  } finally {
    closeSync(full);
  }
});
