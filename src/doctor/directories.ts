import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../errors.ts";
import type { Finding } from "./check.ts";
import { failed, ok, warning } from "./check.ts";

const WRITABLE_BY_OTHERS = 0o022;

export interface DirectoryFacts {
  readonly path: string;
  readonly state: "missing" | "directory" | "other" | { readonly unusable: string };
  readonly uid: number;
  /** Permission bits. */
  readonly mode: number;
  readonly ourUid: number;
}

/** A directory that is not there yet counts as its nearest parent: that is where it will be made. */
export function readDirectory(path: string): DirectoryFacts {
  const ourUid = process.getuid?.() ?? 0;
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) {
      accessSync(nearestParent(path), constants.W_OK | constants.X_OK);
      return { path, state: "missing", uid: ourUid, mode: 0, ourUid };
    }
    const facts = { path, uid: stats.uid, mode: stats.mode & 0o7777, ourUid };
    if (!stats.isDirectory()) return { ...facts, state: "other" };
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return { ...facts, state: "directory" };
  } catch (error) {
    return { path, state: { unusable: messageOf(error) }, uid: ourUid, mode: 0, ourUid };
  }
}

/** The nearest directory above that exists. */
export function nearestParent(path: string): string {
  const parent = dirname(path);
  return statSync(parent, { throwIfNoEntry: false }) === undefined && parent !== path ? nearestParent(parent) : parent;
}

/** The ledger and HALT: whoever can write here decides what was traded already. */
export function judgeStateDirectory(facts: DirectoryFacts): readonly Finding[] {
  return unusable(facts, "STATE_DIR") ?? [strange(facts) ?? open(facts) ?? ok(`${facts.path} (${rights(facts)})`)];
}

function strange({ path, uid, ourUid }: DirectoryFacts): Finding | undefined {
  if (uid === ourUid) return undefined;
  return warning(
    `${path} belongs to user ${String(uid)}, and this is user ${String(ourUid)}: what is said here of files and rights holds for this user alone`,
    "Run `doctor` as the daemon's user.",
  );
}

function open(facts: DirectoryFacts): Finding | undefined {
  if ((facts.mode & WRITABLE_BY_OTHERS) === 0) return undefined;
  return warning(
    `${facts.path} can be written by others (${rights(facts)})`,
    `chmod 700 ${facts.path}: whoever can write here can replace the ledger.`,
  );
}

/** Why a directory cannot be used at all, or that it is still to be made. */
export function unusable({ path, state }: DirectoryFacts, setting: string): readonly Finding[] | undefined {
  if (state === "missing") return [ok(`${path} is not there yet; it will be made`)];
  if (state === "other") return [failed(`${path} is not a directory`, `Set ${setting} to a directory of our user.`)];
  if (state === "directory") return undefined;
  return [
    failed(
      `${path} cannot be used: ${state.unusable}`,
      `${setting} must be a directory that our user may write to; look at its owner and mode, and whether it is mounted read-only.`,
    ),
  ];
}

export function rights({ mode }: Pick<DirectoryFacts, "mode">): string {
  return `mode ${mode.toString(8).padStart(4, "0")}`;
}
