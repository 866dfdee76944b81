import { statSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { directoryObstacle, type Obstacle } from "../machine/directory-access.ts";
import { failed, ok, warning, type Findings } from "./check.ts";
import { asUser } from "../machine/users.ts";

const WRITABLE_BY_OTHERS = 0o022;

export interface DirectoryFacts {
  readonly path: string;
  readonly state: "missing" | "directory" | Obstacle;
  readonly uid: number;
  /** Permission bits. */
  readonly mode: number;
  readonly ourUid: number;
}

/** A missing directory can be created if its nearest parent permits it. @param setting that names it: `STATE_DIR`. */
export function readDirectory(path: string, setting: string): DirectoryFacts {
  const ourUid = process.getuid?.() ?? 0;
  const obstacle = directoryObstacle(path, setting);
  if (obstacle !== undefined) return { path, state: obstacle, uid: ourUid, mode: 0, ourUid };
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { path, state: "missing", uid: ourUid, mode: 0, ourUid };
  return { path, state: "directory", uid: stats.uid, mode: stats.mode & 0o7777, ourUid };
}

/** The nearest directory above that exists. */
function nearestParent(path: string): string {
  const parent = dirname(path);
  return statSync(parent, { throwIfNoEntry: false }) === undefined && parent !== path ? nearestParent(parent) : parent;
}

/** The ledger and HALT: anyone who can write here controls the trading history. */
export function judgeStateDirectory(facts: DirectoryFacts): Findings {
  return unusable(facts) ?? strange(facts) ?? open(facts) ?? ok(`${facts.path} (${rights(facts)})`);
}

function strange({ path, uid, ourUid }: DirectoryFacts): Findings | undefined {
  if (uid === ourUid) return undefined;
  return warning(
    `${path} belongs to user ${String(uid)}, but this process runs as user ${String(ourUid)}: findings about files and permissions apply to this user only`,
    `Run the command as the daemon's user: \`${asUser(uid)}\`.`,
  );
}

function open(facts: DirectoryFacts): Findings | undefined {
  if ((facts.mode & WRITABLE_BY_OTHERS) === 0) return undefined;
  return warning(
    `${facts.path} can be written by others (${rights(facts)})`,
    `chmod 700 ${facts.path}: anyone who can write here can replace the ledger.`,
  );
}

/** Why a directory cannot be used, or that it does not exist yet. */
export function unusable({ path, state }: DirectoryFacts): Findings | undefined {
  if (state === "missing") return ok(`${path} does not exist yet; it will be created`);
  return state === "directory" ? undefined : failed(state.text, state.hint);
}

export function rights({ mode }: Pick<DirectoryFacts, "mode">): string {
  return `mode ${mode.toString(8).padStart(4, "0")}`;
}

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
