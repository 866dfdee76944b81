import { statfsSync, statSync } from "node:fs";
import { failed, ok, warning, type Findings } from "./check.ts";
import { nearestParent } from "./directories.ts";

export interface SpaceFacts {
  /** The settings that point there: `STATE_DIR`, or `STATE_DIR and LOG_DIR`. */
  readonly settings: string;
  readonly path: string;
  /** Bytes that our user can still write; `undefined` when unknown. */
  readonly free: number | undefined;
}

const MEBIBYTE = 1_048_576;
const SCARCE_BYTES = 100 * MEBIBYTE;
/** A full disk means no records, and an order without a record is not sent. */
const TOO_LITTLE_BYTES = 10 * MEBIBYTE;

export function judgeSpace({ settings, path, free }: SpaceFacts): Findings {
  if (free === undefined) return warning(`the free space for ${settings} (${path}) is unknown`, "Check with `df`.");
  const text = `${sizeText(free)} free for ${settings} (${path})`;
  if (free < TOO_LITTLE_BYTES) return failed(text, "Free some space: a full disk stops new executions.");
  if (free < SCARCE_BYTES) return warning(text, "Free some space before it is full: a full disk stops new executions.");
  return ok(text);
}

export function readSpace(settings: string, path: string): SpaceFacts {
  try {
    const there = statSync(path, { throwIfNoEntry: false }) === undefined ? nearestParent(path) : path;
    const { bavail, bsize } = statfsSync(there);
    return { settings, path, free: bavail * bsize };
  } catch {
    return { settings, path, free: undefined };
  }
}

function sizeText(bytes: number): string {
  const mebibytes = bytes / MEBIBYTE;
  return mebibytes < 1_024 ? `${mebibytes.toFixed(mebibytes < 10 ? 1 : 0)} MiB` : `${(mebibytes / 1_024).toFixed(1)} GiB`;
}
