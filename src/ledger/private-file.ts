import type { Stats } from "node:fs";
import { accessSync, chmodSync, closeSync, constants, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { EXIT, TraderError } from "../domain/errors.ts";
import type { Purpose } from "./file-failures.ts";
import { unavailable } from "./file-failures.ts";
import { makeDirectories } from "../machine/directory-access.ts";

/** The file a path leads to: device and inode. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

/** Only our user: orders and account numbers are private. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/**
 * Ensures that a database file exists and is private, without ever opening an existing one:
 * closing another descriptor of an open database would silently drop SQLite's (POSIX) locks on it.
 * @throws TraderError `…-owner`, `…-full`, `…-read-only`, `…-unavailable` when it can be neither found nor created.
 */
export function preparePrivateFile(file: string, purpose: Purpose): void {
  const present = statOf(file, purpose);
  if (present === undefined) create(file, purpose);
  else if (present.isFile()) protect(file, present.mode, purpose);
  else throw notAFile(file, purpose);
}

export function notAFile(file: string, purpose: Purpose): TraderError {
  return new TraderError(`The ${purpose} ${file} is not a file.`, {
    code: `${purpose}-unavailable`,
    hint: "Check STATE_DIR.",
    exitCode: EXIT.configuration,
  });
}

/** undefined when there is nothing at the path. */
export function identityOf(file: string): FileIdentity | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && { device: stat.dev, inode: stat.ino };
}

/**
 * A database whose file was deleted or replaced still accepts writes and holds locks, but they have no effect.
 * @throws TraderError `…-replaced` unless the path still leads to the file that was opened.
 */
export function assertSameFile(file: string, opened: FileIdentity | undefined, purpose: Purpose): void {
  const now = identityOf(file);
  if (now !== undefined && now.device === opened?.device && now.inode === opened.inode) return;
  throw new TraderError(`The ${purpose} ${file} was ${now === undefined ? "deleted" : "replaced"} while it was open.`, {
    code: `${purpose}-replaced`,
    hint: "Put the file back if you can, and start again. New records would be lost, and another daemon could start next to this one.",
  });
}

/** undefined when there is nothing at the path. @throws TraderError when it cannot be determined. */
export function statOf(file: string, purpose: Purpose): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw unavailable(file, error, purpose);
  }
}

function create(file: string, purpose: Purpose): void {
  try {
    makeDirectories(dirname(file), DIRECTORY_MODE);
    closeSync(openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, FILE_MODE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || statOf(file, purpose) === undefined) throw unavailable(file, error, purpose);
  }
}

function protect(file: string, mode: number, purpose: Purpose): void {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
    if ((mode & 0o077) !== 0) chmodSync(file, FILE_MODE);
  } catch (error) {
    throw unavailable(file, error, purpose);
  }
}
