import * as nodeFs from "node:fs";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { AlertsFileSystem } from "../../src/signals/alerts-writer.ts";
import { appendAlerts, holdsAlerts } from "../../src/signals/alerts-writer.ts";

const RUN = '{"symbol": "SMR"}\n{"symbol": "LEU"}\n';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "alerts-writer-"));
  file = join(directory, "nuclear_alerts.json");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const text = (): string => readFileSync(file, "utf8");
const mode = (): string => (statSync(file).mode & 0o7777).toString(8);

/** The real file system but for one call. */
function but(change: Partial<AlertsFileSystem>): AlertsFileSystem {
  return { ...nodeFs, ...change };
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as the system says it`), { code });
}

describe("a run of alerts", () => {
  test("goes to a new file that our group can read, whatever the umask", () => {
    const before = process.umask(0o077);
    try {
      appendAlerts(file, RUN);
    } finally {
      process.umask(before);
    }
    expect(text()).toBe(RUN);
    expect(mode()).toBe("640");
  });

  test("is appended in a single write", () => {
    writeFileSync(file, "before\n", { mode: 0o644 });
    const writes: string[] = [];
    const writeSync = ((descriptor: number, bytes: Buffer) => {
      writes.push(bytes.toString());
      return nodeFs.writeSync(descriptor, bytes);
    }) as AlertsFileSystem["writeSync"];
    appendAlerts(file, RUN, but({ writeSync }));
    expect(writes).toEqual([RUN]);
    expect(text()).toBe(`before\n${RUN}`);
    expect(mode()).toBe("644");
  });

  test("starts a new line after an incomplete one", () => {
    writeFileSync(file, '{"timestamp": "2025-', { mode: 0o640 });
    appendAlerts(file, RUN);
    expect(text()).toBe(`{"timestamp": "2025-\n${RUN}`);
  });

  test.each([
    [0o660, "its group"],
    [0o646, "anyone"],
  ])("is not written to a file of mode %o", (bits, who) => {
    writeFileSync(file, "");
    chmodSync(file, bits);
    expect(() => appendAlerts(file, RUN)).toThrow(`can be written by ${who}`);
    expect(text()).toBe("");
  });

  test("is not written to another user's file", () => {
    writeFileSync(file, "");
    const fstatSync = ((descriptor: number) =>
      Object.assign(nodeFs.fstatSync(descriptor), { uid: 4_711 })) as AlertsFileSystem["fstatSync"];
    expect(() => appendAlerts(file, RUN, but({ fstatSync }))).toThrow("belongs to user 4711, but this process runs as ");
    expect(text()).toBe("");
  });

  test("follows no link, not even a dangling one", () => {
    const target = join(directory, "target");
    symlinkSync(target, file);
    expect(() => appendAlerts(file, RUN)).toThrow("is a symbolic link");
    expect(existsSync(target)).toBe(false);
    writeFileSync(target, "");
    expect(() => appendAlerts(file, RUN)).toThrow("is a symbolic link");
    expect(readFileSync(target, "utf8")).toBe("");
  });

  test("is not written to a directory or a pipe, and does not wait for one", () => {
    mkdirSync(file);
    expect(() => appendAlerts(file, RUN)).toThrow("is not a regular file");
    rmSync(file, { recursive: true });
    execFileSync("mkfifo", [file]);
    expect(() => appendAlerts(file, RUN)).toThrow("is not a regular file");
  });

  test("needs its directory", () => {
    expect(() => appendAlerts(join(directory, "none", "alerts.json"), RUN)).toThrow(/cannot be created: its directory does not exist/);
    writeFileSync(join(directory, "plain"), "");
    expect(() => appendAlerts(join(directory, "plain", "alerts.json"), RUN)).toThrow(/its directory does not exist/);
  });

  test("reports that our user cannot write", () => {
    const openSync = (() => {
      throw systemError("EACCES");
    }) as AlertsFileSystem["openSync"];
    expect(() => appendAlerts(file, RUN, but({ openSync }))).toThrow(
      /This process runs as user \d+, which cannot write to the alerts file/,
    );
  });

  test("leaves nothing behind on a full disk", () => {
    writeFileSync(file, "before\n", { mode: 0o640 });
    const full = (() => {
      throw systemError("ENOSPC");
    }) as AlertsFileSystem["writeSync"];
    expect(() => appendAlerts(file, RUN, but({ writeSync: full }))).toThrow(/the disk is full\. None were written/);
    expect(text()).toBe("before\n");
  });

  test("is removed when only part of it was written, or it may not persist", () => {
    writeFileSync(file, "before\n", { mode: 0o640 });
    const short = ((descriptor: number, bytes: Buffer) =>
      nodeFs.writeSync(descriptor, bytes.subarray(0, 20))) as AlertsFileSystem["writeSync"];
    expect(() => appendAlerts(file, RUN, but({ writeSync: short }))).toThrow(/only 20 of 36 bytes/);
    expect(text()).toBe("before\n");
    const fsyncSync = (() => {
      throw systemError("EIO");
    }) as AlertsFileSystem["fsyncSync"];
    expect(() => appendAlerts(file, RUN, but({ fsyncSync }))).toThrow(/EIO/);
    expect(text()).toBe("before\n");
  });

  test("removes nobody else's lines", () => {
    writeFileSync(file, "before\n", { mode: 0o640 });
    const writeSync = ((descriptor: number, bytes: Buffer) => {
      const written = nodeFs.writeSync(descriptor, bytes.subarray(0, 20));
      nodeFs.appendFileSync(file, "a line of somebody else's, which is longer\n");
      return written;
    }) as AlertsFileSystem["writeSync"];
    expect(() => appendAlerts(file, RUN, but({ writeSync }))).toThrow(/another process wrote there too/);
    expect(text()).toContain("somebody else's, which is longer\n");
  });

  test("written to a file that was moved away meanwhile is a failure", () => {
    writeFileSync(file, "", { mode: 0o640 });
    const fsyncSync = (() => renameSync(file, `${file}.1`)) as AlertsFileSystem["fsyncSync"];
    expect(() => appendAlerts(file, RUN, but({ fsyncSync }))).toThrow(/was moved or replaced while the alerts were written/);
  });
});

describe("whether the file contains a run", () => {
  test("is read from its end", () => {
    expect(holdsAlerts(file, RUN)).toBe(false);
    writeFileSync(file, `before\n${RUN}after\n`, { mode: 0o640 });
    expect(holdsAlerts(file, RUN)).toBe(true);
    expect(holdsAlerts(file, RUN.replace("LEU", "BWXT"))).toBe(false);
  });

  test("is false for a file that cannot be opened", () => {
    symlinkSync("/nowhere", file);
    expect(holdsAlerts(file, RUN)).toBe(false);
  });
});
