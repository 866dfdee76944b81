import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { FollowedFile } from "../../src/logging/followed-file.ts";
import { RotatingFile } from "../../src/logging/rotating-file.ts";

let directory: string;
let path: string;
let followed: FollowedFile;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "followed-"));
  path = join(directory, "a.log");
  followed = new FollowedFile(path);
});

afterEach(() => {
  followed.close();
  rmSync(directory, { recursive: true });
});

test("a file that is not there yet has no lines, and is read once it appears", () => {
  expect(followed.readLines()).toEqual([]);
  writeFileSync(path, "one\n");
  expect(followed.readLines()).toEqual(["one"]);
  expect(followed.readLines()).toEqual([]);
});

test("a line is shown when it is complete, also when it is longer than one read", () => {
  const long = "ü".repeat(70_000);
  writeFileSync(path, `one\ntw`);
  expect(followed.readLines()).toEqual(["one"]);
  appendFileSync(path, `o\n${long}\n`);
  expect(followed.readLines()).toEqual(["two", long]);
});

test("no line is lost or shown twice while the log rotates", () => {
  const log = new RotatingFile({ file: path, groupId: undefined, lossLine: String, onProblem: () => undefined, maxBytes: 50 });
  const seen: string[] = [];
  for (let number = 100; number < 130; number++) {
    log.append(`line ${String(number)}`);
    if (number % 2 === 0) seen.push(...followed.readLines());
  }
  log.close();
  seen.push(...followed.readLines());
  expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => `line ${String(100 + index)}`));
});

test("a log that was emptied is read from its beginning", () => {
  writeFileSync(path, "one\ntwo\n");
  followed.readLines();
  truncateSync(path);
  appendFileSync(path, "new\n");
  expect(followed.readLines()).toEqual(["new"]);
});

test("a link or a directory in its place is refused by name", () => {
  symlinkSync(join(directory, "secret"), path);
  writeFileSync(join(directory, "secret"), "x\n");
  expect(() => followed.readLines()).toThrow(`${path} cannot be read: it is a symbolic link.`);
  rmSync(join(directory, "secret"));
  expect(() => followed.readLines()).toThrow(`${path} cannot be read: it is a symbolic link.`);
  rmSync(path);
  mkdirSync(path);
  expect(() => followed.readLines()).toThrow("it is not a plain file");
});
