import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { replacePrivateFile } from "../../src/machine/private-file.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "private-file-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("a file is created and replaced for our user only, and nothing is left next to it", () => {
  const file = join(directory, ".env");
  replacePrivateFile(file, "A=1\n");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  writeFileSync(join(directory, "open"), "", { mode: 0o644 });
  replacePrivateFile(join(directory, "open"), "A=2\n");
  expect(statSync(join(directory, "open")).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory).toSorted()).toEqual([".env", "open"]);
});

test("a symbolic link stays, and the file behind it is replaced", () => {
  const [link, target] = [join(directory, "link"), join(directory, "target")];
  writeFileSync(target, "A=1\n");
  symlinkSync(target, link);
  replacePrivateFile(link, "A=2\n");
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(target, "utf8")).toBe("A=2\n");
});

test("what cannot be replaced is left as it was, without a draft", () => {
  const file = join(directory, "directory");
  mkdirSync(join(file, "full"), { recursive: true });
  expect(() => replacePrivateFile(file, "A=1\n")).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(directory)).toEqual(["directory"]);
});
