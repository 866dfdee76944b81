import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { installationToken, tokenFile } from "../../src/dashboard/token-file.ts";

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "token-"));
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

describe("the token of an installation", () => {
  test("is created once, for our user only, and reused by every later start", () => {
    const token = installationToken(stateDir);
    expect(token).toMatch(/^[0-9a-f]{48}$/);
    expect(readFileSync(tokenFile(stateDir), "utf8")).toBe(`${token}\n`);
    expect(statSync(tokenFile(stateDir)).mode & 0o777).toBe(0o600);
    expect(installationToken(stateDir)).toBe(token);
    expect(readdirSync(stateDir)).toEqual(["dashboard-token"]);
  });

  test("differs for each installation, even before STATE_DIR exists", () => {
    expect(installationToken(join(stateDir, "one"))).not.toBe(installationToken(join(stateDir, "other")));
  });

  test("that others could read is replaced", () => {
    const token = installationToken(stateDir);
    chmodSync(tokenFile(stateDir), 0o644);
    const next = installationToken(stateDir);
    expect(next).not.toBe(token);
    expect([installationToken(stateDir), statSync(tokenFile(stateDir)).mode & 0o777]).toEqual([next, 0o600]);
  });

  test.each<[string, (file: string) => void, string]>([
    ["a symbolic link", (file) => symlinkSync(`${file}-target`, file), "is a symbolic link"],
    ["a directory", (file) => mkdirSync(file), "is not a regular file"],
    ["a pipe that nobody writes to", (file) => void spawnSync("mkfifo", [file]), "is not a regular file"],
    ["an empty file", (file) => writeFileSync(file, "", { mode: 0o600 }), "does not contain a token"],
    ["somebody's own words", (file) => writeFileSync(file, "hunter2\n", { mode: 0o600 }), "does not contain a token"],
    ["a file without end", (file) => writeFileSync(file, "f".repeat(100_000), { mode: 0o600 }), "does not contain a token"],
  ])("is not read from %s, which is left as it is", (_what, plant, why) => {
    const file = tokenFile(stateDir);
    plant(file);
    expect(() => installationToken(stateDir)).toThrow(`The dashboard's token cannot be read: ${file} ${why}`);
    expect(readdirSync(stateDir)).toEqual(["dashboard-token"]);
  });

  test("is not read through a link", () => {
    installationToken(join(stateDir, "other"));
    symlinkSync(tokenFile(join(stateDir, "other")), tokenFile(stateDir));
    expect(() => installationToken(stateDir)).toThrow("is a symbolic link");
  });

  test("that cannot be stored says why and what to check", () => {
    writeFileSync(join(stateDir, "file"), "");
    expect(() => installationToken(join(stateDir, "file"))).toThrow(/cannot be stored in .*dashboard-token: .*(ENOTDIR|EEXIST)/);
  });
});
