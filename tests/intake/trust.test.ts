import { symlinkSync, writeFileSync, closeSync, mkdirSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { AlertsCursor } from "../../src/intake/cursor.ts";
import { openAlertsFile, trustOf, trustedOwners } from "../../src/intake/trust.ts";
import { Folder, T0, fileText, nuclearRun } from "./alerts.ts";

const OURS = new Set([0, 1000]);
const FILE = { kind: "regular", uid: 1000, mode: 0o644 } as const;

describe("a file is trusted", () => {
  test.each([0o644, 0o600, 0o640, 0o444])("with mode %o and a trusted owner", (mode) => {
    expect(trustOf("/tmp/a", { ...FILE, mode }, OURS)).toEqual({ kind: "trusted" });
    expect(trustOf("/tmp/a", { ...FILE, uid: 0, mode }, OURS)).toEqual({ kind: "trusted" });
  });

  test.each([
    [{ mode: 0o664 }, "can be written by its group", "chmod 644 /tmp/a"],
    [{ mode: 0o666 }, "can be written by anyone", "chmod 644 /tmp/a"],
    [{ mode: 0o602 }, "can be written by anyone", "chmod 644 /tmp/a"],
    [{ uid: 1001 }, "belongs to user 1001, expected user 0 or 1000.", "ALERTS_OWNER=1001"],
    [{ kind: "symlink" as const }, "symbolic link", "ALERTS_FILE"],
    [{ kind: "other" as const }, "not a regular file", "ALERTS_FILE"],
  ])("but not with %j", (change, reason, hint) => {
    expect(trustOf("/tmp/a", { ...FILE, ...change }, OURS)).toMatchObject({
      kind: "untrusted",
      reason: expect.stringContaining(reason),
      hint: expect.stringContaining(hint),
    });
  });
});

test("the expected owners are listed in order, however they are stored", () => {
  expect(trustOf("/tmp/a", { ...FILE, uid: 7 }, new Set([1000, 0, 33]))).toMatchObject({
    reason: "/tmp/a belongs to user 7, expected user 0 or 33 or 1000.",
  });
});

describe("trusted owners", () => {
  let folder: Folder;
  beforeEach(() => {
    folder = new Folder();
    writeFileSync(folder.file("passwd"), "root:x:0:0:root:/root:/bin/sh\nstrategy:x:1234:1234::/home/strategy:/bin/sh\n");
  });
  afterEach(() => {
    folder.remove();
  });

  test("are root, our own user, and ALERTS_OWNER by name or number", () => {
    const own = process.getuid!();
    expect(trustedOwners(undefined, folder.file("passwd"))).toEqual(new Set([0, own]));
    expect(trustedOwners("strategy", folder.file("passwd"))).toEqual(new Set([0, own, 1234]));
    expect(trustedOwners("4321", folder.file("passwd"))).toEqual(new Set([0, own, 4321]));
  });

  test("cannot include a user whose number is none, nor a number of more than ten digits", () => {
    writeFileSync(folder.file("passwd"), "strategy:x:12a:0::/:/bin/sh\nother:x:a12:0::/:/bin/sh\nshort:x\n");
    for (const name of ["strategy", "other", "short", "12345678901", "1x", "x1"])
      expect(() => trustedOwners(name, folder.file("passwd"))).toThrow(`is the user "${name}", who does not exist`);
  });

  test("cannot include a user who does not exist", () => {
    expect(() => trustedOwners("nobody-here", folder.file("passwd"))).toThrow('is the user "nobody-here", who does not exist');
  });

  test("open a file, but never a link, a pipe or a directory", () => {
    const owners = trustedOwners(undefined);
    writeFileSync(folder.file(), fileText(nuclearRun()), { mode: 0o644 });
    const opened = openAlertsFile(folder.file(), owners);
    closeSync(opened.descriptor);
    expect(opened.trust.kind).toBe("trusted");
    symlinkSync(folder.file(), folder.file("link"));
    execFileSync("mkfifo", [folder.file("pipe")]);
    mkdirSync(folder.file("directory"));
    expect(() => openAlertsFile(folder.file("link"), owners)).toThrow("ELOOP");
    for (const name of ["link", "pipe", "directory"]) {
      const cursor = new AlertsCursor({ file: folder.file(name), owners, stampOf: () => undefined, runSpanMs: 2_000 });
      expect(cursor.look(T0, T0)).toMatchObject({ kind: "untrusted" });
    }
  });
});
