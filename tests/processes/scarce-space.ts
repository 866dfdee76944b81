import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TraderProcess } from "../scenarios/trader-process.ts";

/** A directory whose disk can be full: for good means with a small file system, else with a limit on the size of files. */
export interface ScarceSpace {
  /** How it is done, for the names of tests. */
  readonly means: "a small tmpfs" | "a limit on the size of files";
  readonly directory: string;
  /** From now on nothing more can be written there by the process; what is being written is cut off. */
  takeAll(by: TraderProcess | undefined): void;
  giveBack(to: TraderProcess | undefined): void;
  /** To be called when no process uses it any more. */
  remove(): void;
}

export type Means = ScarceSpace["means"];

const SIZE = "8m";
const BLOCK = Buffer.alloc(65_536, 1);
const BYTE = Buffer.alloc(1, 1);

/** What this machine allows. Says so when no file system can be mounted. */
export function possibleMeans(): readonly Means[] {
  const probe = mkdtempSync(join(tmpdir(), "scarce-"));
  const refusal = mount(probe);
  if (refusal === undefined) unmount(probe);
  rmSync(probe, { recursive: true });
  if (refusal === undefined) return ["a small tmpfs", "a limit on the size of files"];
  process.stderr.write(`No tmpfs can be mounted here (${refusal}), so full disks are tried with a limit on the size of files alone.\n`);
  return ["a limit on the size of files"];
}

export function scarceSpace(means: Means): ScarceSpace {
  return means === "a small tmpfs" ? new SmallFileSystem() : new SizeLimit();
}

class SmallFileSystem implements ScarceSpace {
  readonly means = "a small tmpfs";
  readonly directory = mkdtempSync(join(tmpdir(), "scarce-"));

  constructor() {
    const refusal = mount(this.directory);
    if (refusal !== undefined) throw new Error(refusal);
  }

  takeAll(): void {
    const file = openSync(this.#ballast, "a");
    try {
      for (const piece of [BLOCK, BYTE]) writeUntilFull(file, piece);
    } finally {
      closeSync(file);
    }
  }

  giveBack(): void {
    rmSync(this.#ballast);
  }

  remove(): void {
    unmount(this.directory);
    rmSync(this.directory, { recursive: true });
  }

  get #ballast(): string {
    return join(this.directory, "ballast");
  }
}

/**
 * The kernel refuses any write of the process beyond the limit (EFBIG); what is smaller can be written. So
 * with a log that is longer than a ledger ever gets here, the log alone is full.
 */
class SizeLimit implements ScarceSpace {
  readonly means = "a limit on the size of files";
  readonly directory = mkdtempSync(join(tmpdir(), "scarce-"));

  takeAll(by: TraderProcess | undefined): void {
    if (by === undefined) throw new Error("A limit needs a process.");
    limit(by, String(this.#limit));
  }

  giveBack(to: TraderProcess | undefined): void {
    if (to?.isOver === false) limit(to, "unlimited");
  }

  /** Lets files below this size be written even when space has run out. */
  spare(bytes: number): void {
    this.#limit = bytes;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }

  #limit = 0;
}

/** A file that is as long as what only `spare` leaves room for. */
export function padLog(space: ScarceSpace, name: string, bytes: number): void {
  mkdirSync(space.directory, { recursive: true });
  const file = join(space.directory, name);
  writeFileSync(file, "");
  truncateSync(file, bytes - 1);
  writeFileSync(file, "\n", { flag: "a" });
  if (space instanceof SizeLimit) space.spare(bytes);
}

/** Leaves no room in the last page of a file, where a full file system can still be written to. */
export function endPage(space: ScarceSpace, name: string): void {
  if (space instanceof SizeLimit) return;
  const file = join(space.directory, name);
  truncateSync(file, Math.ceil(statSync(file).size / PAGE_BYTES) * PAGE_BYTES);
}

const PAGE_BYTES = 4_096;

function limit(daemon: TraderProcess, bytes: string): void {
  // The soft limit alone, so that it can be lifted again without privileges.
  const done = spawnSync("prlimit", ["--pid", String(daemon.pid), `--fsize=${bytes}:`], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`prlimit failed: ${done.error?.message ?? done.stderr}`);
}

function writeUntilFull(file: number, piece: Buffer): void {
  try {
    while (writeSync(file, piece) === piece.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

/** undefined when it worked, else why not. */
function mount(directory: string): string | undefined {
  const done = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE},mode=0700`, "tmpfs", directory], { encoding: "utf8" });
  return done.status === 0 ? undefined : (done.error?.message ?? done.stderr.trim());
}

function unmount(directory: string): void {
  const done = spawnSync("umount", [directory], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${directory} cannot be unmounted: ${done.stderr}`);
}
