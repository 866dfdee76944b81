import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { uptime } from "node:os";
import type { Clock, Timer } from "../domain/clock.ts";
import type { Environment } from "../domain/config.ts";
import { messageOf } from "../domain/errors.ts";
import type { LogFacts } from "../logging/logger.ts";
import { processFacts } from "./process-facts.ts";

/** Shorter than the delay before the health check's second look. */
export const BEAT_MS = 2_000;

/** What a daemon or a simulator in a container writes every two seconds for the image's health check. */
export interface LivenessRecord {
  readonly pid: number;
  /** Distinguishes the process from a later one with the same number. */
  readonly startedAt: string;
  readonly beat: number;
  /** Seconds since the machine started, so that clock steps cannot change its age. */
  readonly at: number;
}

const WRITTEN = /^(?<pid>[1-9]\d*) (?<startedAt>\d+) (?<beat>\d+) (?<at>\d+(?:\.\d+)?)$/;

/** `undefined` when there is none, or when it cannot be parsed. */
export function readLiveness(file: string): LivenessRecord | undefined {
  try {
    const { pid, startedAt = "", beat, at } = WRITTEN.exec(readFileSync(file, "utf8"))?.groups ?? {};
    return pid === undefined ? undefined : { pid: Number(pid), startedAt, beat: Number(beat), at: Number(at) };
  } catch {
    return undefined;
  }
}

export interface LivenessFileParts {
  readonly env: Environment;
  readonly pid: number;
  readonly clock: Clock;
  /** Called once for each time that the file can no longer be written. */
  readonly warn: (message: string, facts: LogFacts) => void;
}

/**
 * The watchdog of a container without a service manager: it updates LIFE_SIGN_FILE, which the image sets. The
 * health check kills a daemon whose updates stop; without that variable nothing is written.
 */
export class LivenessFile {
  readonly #parts: LivenessFileParts;
  readonly #file: string;
  #beat = 0;
  #timer: Timer | undefined;
  #failed = false;

  constructor(parts: LivenessFileParts) {
    this.#parts = parts;
    this.#file = parts.env.LIFE_SIGN_FILE ?? "";
  }

  /** Updates the file while `alive` says so. */
  watch(alive: () => boolean): void {
    if (this.#file === "") return;
    this.#timer = this.#parts.clock.after(BEAT_MS, () => this.watch(alive));
    if (alive()) this.#give();
  }

  /** Removes the file: a daemon that stops normally must not count as hung. */
  close(): void {
    this.#timer?.cancel();
    if (this.#beat > 0) rmSync(this.#file, { force: true });
  }

  #give(): void {
    const { pid, warn } = this.#parts;
    this.#beat += 1;
    try {
      writeWhole(this.#file, [pid, processFacts(pid)?.startedAt ?? "0", this.#beat, uptime()].join(" "));
      this.#failed = false;
    } catch (error) {
      if (!this.#failed)
        warn(`The liveness file cannot be written: ${messageOf(error)}`, {
          hint: "LIFE_SIGN_FILE must be in a directory that the daemon can write to; the image sets it to /dev/shm/alpaca-trader.",
        });
      this.#failed = true;
    }
  }
}

/** By renaming, so that no reader sees half a file. */
function writeWhole(file: string, text: string): void {
  const part = `${file}.part`;
  rmSync(part, { force: true });
  writeFileSync(part, text, { flag: "wx", mode: 0o600 });
  renameSync(part, file);
}
