import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { HaltFiles } from "../../src/domain/config.ts";
import { HaltSwitch, hasSeen, readHalt, removeHalt, standingHalts, unseenMachineHalt, writeHalt } from "../../src/machine/halt.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";

const clock = new VirtualClock(Date.UTC(2026, 10, 17, 15));
let directory: string;
let files: HaltFiles;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "halt-"));
  files = { own: join(directory, "state", "HALT"), machine: join(directory, "machine", "HALT"), machineIsNamed: false };
});

afterEach(() => rmSync(directory, { recursive: true }));

/** A path that no user can check, root neither: its directory is a link to itself. */
function uncheckable(): string {
  const loop = join(directory, "loop");
  symlinkSync(loop, loop);
  return join(loop, "HALT");
}

test("either file halts, no matter who made it, and both reasons are shown", () => {
  expect(readHalt(files)).toBeUndefined();
  writeHalt(files, "machine", "the exchange is closed", clock);
  expect(readHalt(files)?.reason).toBe("the exchange is closed");
  mkdirSync(join(directory, "state"));
  writeFileSync(files.own, "");
  expect(readHalt(files)?.reason).toBe(`the file ${files.own} exists; the exchange is closed`);
  removeHalt(files.machine);
  expect(readHalt(files)?.reason).toBe(`the file ${files.own} exists`);
});

test.each(["own", "machine"] as const)("a second halt keeps the first reason (%s)", (which) => {
  const first = writeHalt(files, which, "odd prices", clock);
  expect(writeHalt(files, which, "me too", clock)).toEqual(first);
  expect(standingHalts(files)).toEqual([first]);
});

test("the machine's halt can be read by every user, whatever the umask; that of an installation only by its own", () => {
  const umask = process.umask(0o077);
  try {
    writeHalt(files, "machine", "all", clock);
    writeHalt(files, "own", "one", clock);
  } finally {
    process.umask(umask);
  }
  const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  expect([mode(join(directory, "machine")), mode(files.machine)]).toEqual(["755", "644"]);
  expect([mode(join(directory, "state")), mode(files.own)]).toEqual(["700", "640"]);
});

test("where both paths are the same file, it is one halt", () => {
  const same = { ...files, machine: files.own };
  writeHalt(same, "own", "odd prices", clock);
  expect(standingHalts(same)).toHaveLength(1);
  expect(readHalt(same)?.reason).toBe("odd prices");
});

describe("where a file with content cannot be written", () => {
  test("an empty one halts, and the halt says why its reason was not stored", () => {
    // Its draft has a longer name, which no file system takes.
    const own = join(directory, "H".repeat(230));
    const halt = writeHalt({ ...files, own }, "own", "odd prices", clock);
    expect(halt).toMatchObject({ reason: `the file ${own} exists`, path: own, unstored: expect.stringContaining("ENAMETOOLONG") });
    expect(readFileSync(own, "utf8")).toBe("");
    expect(writeHalt({ ...files, own }, "own", "me too", clock).unstored).toBeUndefined();
  });

  test("an empty mark confirms a halt that is older", () => {
    const stateDir = join(directory, "state");
    const mark = join(stateDir, "halt-seen.4711");
    const halt = writeHalt(files, "own", "odd prices", clock);
    utimesSync(halt.path, 100, 100);
    writeFileSync(mark, "");
    utimesSync(mark, 100, 100);
    expect(hasSeen(stateDir, 4711, halt)).toBe(false);
    utimesSync(mark, 101, 101);
    expect(hasSeen(stateDir, 4711, halt)).toBe(true);
  });
});

describe("a file that cannot be checked", () => {
  test("halts where it is the installation's own", () => {
    expect(readHalt({ ...files, own: uncheckable() })?.reason).toMatch(/HALT cannot be checked: .*ELOOP/);
  });

  test("halts where HALT_FILE names it", () => {
    const named = { ...files, machine: uncheckable(), machineIsNamed: true };
    expect(readHalt(named)?.reason).toMatch(/cannot be checked/);
    expect(unseenMachineHalt(named)).toBeUndefined();
  });

  test("at the default path halts nobody, and a warning says that a halt there would not be seen", () => {
    const unnamed = { ...files, machine: uncheckable() };
    expect(readHalt(unnamed)).toBeUndefined();
    expect(unseenMachineHalt(unnamed)).toMatch(/the machine's halt does not stop this installation: .*HALT cannot be checked/);
    expect(unseenMachineHalt(files)).toBeUndefined();
  });

  test("is no halt where a directory on the way is a file", () => {
    writeFileSync(join(directory, "machine"), "");
    expect(readHalt({ ...files, machineIsNamed: true })).toBeUndefined();
  });

  test("a halt that could not be written is an error with the cure", () => {
    writeFileSync(join(directory, "machine"), "");
    expect(() => writeHalt(files, "machine", "all", clock)).toThrow(
      `Trading could NOT be halted: ${join(directory, "machine")} cannot be used: it is not a directory.`,
    );
  });
});

test("a process confirms each of two halts, and takes its mark away with the last", () => {
  const stateDir = join(directory, "state");
  const halt = new HaltSwitch({ stateDir, haltFiles: files }, 4711);
  const all = writeHalt(files, "machine", "all", clock);
  mkdirSync(stateDir);
  halt.reason();
  expect(hasSeen(stateDir, 4711, all)).toBe(true);
  const one = writeHalt(files, "own", "one", clock);
  expect(hasSeen(stateDir, 4711, one)).toBe(false);
  halt.reason();
  expect([one, all].map((order) => hasSeen(stateDir, 4711, order))).toEqual([true, true]);
  removeHalt(files.own);
  removeHalt(files.machine);
  halt.reason();
  expect(existsSync(join(stateDir, "halt-seen.4711"))).toBe(false);
});
