import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CLI } from "../product.ts";

let directory: string;
let env: Record<string, string>;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "completion-"));
  env = { PATH: process.env.PATH ?? "", HOME: directory, STATE_DIR: directory };
  mkdirSync(join(directory, "accounts", "growth"), { recursive: true });
  mkdirSync(join(directory, "accounts", "ira-2"));
  // A shell loads the script in any directory.
  writeFileSync(join(directory, ".env"), "no entry\n");
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function run(program: string, args: readonly string[]): { status: number | null; stdout: string } {
  const { status, stdout } = spawnSync(program, args, { cwd: directory, env, encoding: "utf8" });
  return { status, stdout };
}

function scriptFor(shell: string): string {
  const { status, stdout } = run(process.execPath, [CLI, "completion", shell]);
  expect(status).toBe(0);
  const file = join(directory, `completion.${shell}`);
  writeFileSync(file, stdout);
  return file;
}

/** Each takes what is typed so far, and gives the words that the shell offers. */
const OFFERS: Record<string, (script: string, typed: readonly string[]) => readonly string[]> = {
  bash: (script, typed) => [
    "-c",
    `. ${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _alpaca_trader; printf '%s\\n' "\${COMPREPLY[@]}"`,
    "bash",
    ...typed,
  ],
  zsh: (script, typed) => [
    "-fc",
    `compdef() { : }; _files() { : }; _describe() { print -l -- \${(P)2} }; . ${script}; words=("$@"); CURRENT=$#; _alpaca_trader`,
    "zsh",
    ...typed,
  ],
  fish: (script, typed) => ["--no-config", "-c", `source ${script}; complete -C '${typed.join(" ")}'`],
};

describe.each(Object.entries(OFFERS))("completion in %s", (shell, argumentsOf) => {
  const isInstalled = spawnSync(shell, ["--version"]).status === 0;

  test.each([
    [
      ["alpaca-trader", ""],
      ["init", "run", "fleet", "completion"],
    ],
    [
      ["alpaca-trader", "fleet", ""],
      ["add", "doctor"],
    ],
    [
      ["alpaca-trader", "fleet", "add", "--"],
      ["--from-env", "--canary"],
    ],
    [
      ["alpaca-trader", "init", "--mode", "paper", "--"],
      ["--timezone", "--keys-from-stdin"],
    ],
    [
      ["alpaca-trader", "status", "--account", ""],
      ["growth", "ira-2"],
    ],
  ])("offers for %j among others %j", (typed, words) => {
    const script = scriptFor(shell);
    if (!isInstalled) return;
    const { stdout } = run(shell, argumentsOf(script, typed));
    const offered = stdout.split("\n").map((line) => line.split(/[:\t]/)[0]);
    expect(offered).toEqual(expect.arrayContaining(words));
  });
});

test("completion for another shell is refused", () => {
  expect(run(process.execPath, [CLI, "completion", "tcsh"]).status).toBe(1);
});
