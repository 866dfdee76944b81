import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { readEnvFile, unknownNames } from "../../src/config/env-file.ts";
import { loadEnvironment, readableEnvironment } from "../../src/config/environment.ts";
import { loadConfig } from "../../src/config/load.ts";

const problemsOf = (text: string | Buffer): readonly string[] => readEnvFile(Buffer.from(text)).problems;

test.each([
  "",
  "\ufeff# remark\r\nA=1\r\n\r\n  # another\r\n",
  "A=1 # remark\nexport B=2\nC: 3\nD =4\nE=\"a#b\"\nF='c'#remark\nG=\nH= # none\n",
  'PEM="-----BEGIN\nMAX 100\n-----END" # spans lines\nA=1',
  "A='it''s'\nB=`a'b`",
])("%j is read without a word", (text) => expect(problemsOf(text)).toEqual([]));

test.each<[string, readonly string[]]>([
  ["A=1\nTRADING_MODE simulator\n\nMAX_ORDER_VALUE 100", ["line 2 is not NAME=value", "line 4 is not NAME=value"]],
  ["A:1", ["line 1 is not NAME=value"]],
  ["=1\r\n- A=1", ["line 1 is not NAME=value", "line 2 is not NAME=value"]],
  ['PEM="a\nb"\nMAX 100', ["line 3 is not NAME=value"]],
  ["\nA=abc#def", [expect.stringMatching(/^line 2 \(A\) has a # inside its value.*quotes/) as unknown as string]],
  ["A=#def", [expect.stringMatching(/^line 1 \(A\) has a #/) as unknown as string]],
  ['A="abc#def\nB=1', [expect.stringMatching(/^line 1 \(A\) begins with a quote/) as unknown as string]],
  ["A='abc' def", [expect.stringMatching(/^line 1 \(A\) begins with a quote/) as unknown as string]],
])("%j is refused, by line and without a value", (text, problems) => {
  expect(problemsOf(text)).toEqual(problems);
  expect(problemsOf(text).join()).not.toMatch(/abc|def|100/);
});

test("what is not UTF-8 is named", () => {
  expect(problemsOf(Buffer.from("\ufeffA=1\n", "utf16le"))).toEqual([expect.stringContaining("UTF-16")]);
  expect(problemsOf(Buffer.from("\ufeffA=1\n", "utf16le").swap16())).toEqual([expect.stringContaining("UTF-16")]);
  expect(problemsOf(Buffer.from("A=1\n", "utf16le"))).toEqual([expect.stringContaining("UTF-16")]);
  expect(problemsOf(Buffer.from("A=1\r\n# für\r\n", "latin1"))).toEqual(["line 2 is not UTF-8; save the file as UTF-8"]);
});

test("names that are no settings are distinguished from misspelled ones", () => {
  expect(
    unknownNames(readEnvFile(Buffer.from("MY_OTHER=1\nEMPTY=\nMAX_ORDER_VALUE=1\nMAX_ORDR_VALUE=1\nTRADE_MODE=x\nALPACA_X=1"))),
  ).toEqual(["MY_OTHER"]);
});

test("all problems are named at once, with exit 78; the rest can still be read", () => {
  const directory = mkdtempSync(join(tmpdir(), "env-"));
  try {
    writeFileSync(join(directory, ".env"), "STATE_DIR=/a\nMAX 100\nA=b#c\n");
    expect(() => loadEnvironment(directory, {})).toThrow(
      expect.objectContaining({ exitCode: 78, message: expect.stringMatching(/\.env cannot be used:\n {2}line 2 .*\.\n {2}line 3 .*\.$/) }),
    );
    expect(readableEnvironment(directory, { B: "1" })).toEqual({ STATE_DIR: "/a", A: "b", B: "1" });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("names that come from the file are known, so that misspelled ones are found in it from further away", () => {
  const directory = mkdtempSync(join(tmpdir(), "env-"));
  try {
    writeFileSync(join(directory, ".env"), "TRADE_MODE=live\n");
    expect(() => loadConfig(loadEnvironment(directory, { HOME: directory }))).toThrow(
      "TRADE_MODE is not a setting; did you mean TRADING_MODE?",
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
