import fs, { appendFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { AlertsCursor } from "../../src/intake/cursor.ts";
import { trustedOwners } from "../../src/intake/trust.ts";
import { Folder, T0 } from "./alerts.ts";

const { fstatSync } = fs;
let folder: Folder;
let file: string;
let cursor: AlertsCursor;

beforeEach(() => {
  folder = new Folder();
  file = folder.file();
  appendFileSync(file, "a\n", { mode: 0o644 });
  cursor = new AlertsCursor({ file, owners: trustedOwners(undefined), runSpanMs: 2_000, stampOf: () => undefined });
  look();
});
afterEach(() => {
  stat(fstatSync);
  cursor.close();
  folder.remove();
});

const look = (): unknown => cursor.look(T0, T0 - 300_000);

function stat(replacement: typeof fstatSync): void {
  fs.fstatSync = replacement;
  syncBuiltinESMExports();
}

/** An open file can no longer be read once it has been replaced or deleted. */
function loseReplacedFile(code: string): void {
  stat(((descriptor: number, options: { bigint: true }) => {
    const stats = fstatSync(descriptor, options);
    if (stats.nlink === 0n) throw Object.assign(new Error(`${code}: fstat`), { code });
    return stats;
  }) as typeof fstatSync);
}

function replaceFile(): void {
  writeFileSync(`${file}.new`, "b\n", { mode: 0o644 });
  renameSync(`${file}.new`, file);
}

const FRESH = { kind: "read", passages: [{ arrivedAt: T0, lines: [{ bytes: Buffer.from("b") }] }] };

test("a file that another machine replaces on NFS is no reason to distrust the new one", () => {
  loseReplacedFile("ESTALE");
  replaceFile();
  expect(look()).toMatchObject(FRESH);
});

test("nor one that it deletes and writes again", () => {
  loseReplacedFile("ESTALE");
  rmSync(file);
  expect(look()).toMatchObject({ kind: "missing" });
  replaceFile();
  expect(look()).toMatchObject(FRESH);
});

test("any other failure to read the last lines of the old file is reported, and the new one is read at the next look", () => {
  loseReplacedFile("EIO");
  replaceFile();
  expect(look()).toMatchObject({ kind: "untrusted", reason: expect.stringContaining("EIO") as unknown });
  expect(look()).toMatchObject(FRESH);
});

test("also when nothing has replaced it yet", () => {
  loseReplacedFile("EIO");
  rmSync(file);
  expect(look()).toMatchObject({ kind: "untrusted", reason: expect.stringContaining("EIO") as unknown });
  expect(look()).toMatchObject({ kind: "missing" });
});
