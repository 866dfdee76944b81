import type { Stats } from "node:fs";
import { accessSync, constants, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { EXIT, messageOf, TraderError } from "../domain/errors.ts";
import { asUser, giveDirectory, giveFiles, ourUid, userName } from "../machine/users.ts";

/** Purpose of a database file: part of messages and of error codes (`ledger-unavailable`). */
export type Purpose = "ledger" | "lock";

const { R_OK, W_OK, X_OK } = constants;

/** Only a person can remove these causes, so a supervisor must not keep restarting the daemon. */
const LASTING: readonly unknown[] = ["EACCES", "EPERM", "ENOTDIR", "EEXIST", "EISDIR", "ELOOP", "ENAMETOOLONG"];
const FULL: readonly unknown[] = ["ENOSPC", "EDQUOT"];

/** Less than this counts as full: SQLite's index of the write-ahead log alone takes 32 KiB. */
const LEAST_FREE_BYTES = 65_536;

/** SQLite keeps these files next to a database and fails when one of them belongs to another user. */
const COMPANIONS = ["-wal", "-shm", "-journal"] as const;

const WITHOUT: Readonly<Record<Purpose, string>> = {
  ledger: "no order is sent that could not be recorded first",
  lock: "nothing trades without its lock",
};

/** Why the operating system refuses access to a database file. */
export function unavailable(file: string, cause: unknown, purpose: Purpose, uid: number = ourUid()): TraderError {
  const passing = passingFailure(file, cause, purpose);
  if (passing !== undefined) return passing;
  const lasting = LASTING.includes((cause as NodeJS.ErrnoException).code);
  const stranger = lasting ? strangerIn(file, uid) : undefined;
  if (stranger !== undefined) return notOurs(file, purpose, stranger, uid, cause);
  return new TraderError(`The ${purpose} ${file} cannot be opened: ${messageOf(cause)}.`, {
    code: `${purpose}-unavailable`,
    hint: "Its directory must exist, and our user must be able to read and write the directory and the files in it.",
    retryable: !lasting,
    exitCode: lasting ? EXIT.configuration : EXIT.failed,
    cause,
  });
}

/** A full disk, or one mounted read-only: a later start may succeed. */
export function passingFailure(file: string, cause: unknown, purpose: Purpose): TraderError | undefined {
  const errno: unknown = (cause as NodeJS.ErrnoException).code;
  if (FULL.includes(errno)) return fullDisk(file, purpose, cause);
  return errno === "EROFS" ? readOnlyFileSystem(file, purpose, cause) : undefined;
}

export function fullDisk(file: string, purpose: Purpose, cause: unknown): TraderError {
  return new TraderError(`The disk is full: the ${purpose} ${file} cannot be written.`, {
    code: `${purpose}-full`,
    hint: `Free some space in ${dirname(file)} (\`df -h\`, \`df -i\`, \`quota\`); ${WITHOUT[purpose]}.`,
    retryable: true,
    cause,
  });
}

/** Whether nothing more can be written next to a file. SQLite often calls that an I/O error. */
export function isDiskFull(file: string): boolean {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(dirname(file));
    return bavail * bsize < LEAST_FREE_BYTES || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}

/** The obstacle behind SQLite's "cannot open" or "cannot write"; undefined when none is found. */
export function obstacleTo(file: string, purpose: Purpose): TraderError | undefined {
  try {
    accessSync(dirname(file), R_OK | W_OK | X_OK);
    for (const part of partsOf(file)) if (statSync(part, { throwIfNoEntry: false }) !== undefined) accessSync(part, R_OK | W_OK);
    return undefined;
  } catch (error) {
    return unavailable(file, error, purpose);
  }
}

function partsOf(file: string): string[] {
  return [file, ...COMPANIONS.map((companion) => `${file}${companion}`)];
}

/** Another user who owns something here, and the command that gives it to us. */
interface Stranger {
  readonly uid: number;
  readonly cure: string;
}

/**
 * A directory that is not ours and that others may enter is a system directory such as /tmp or /var/lib.
 * Never suggest changing its owner.
 */
function strangerIn(file: string, uid: number): Stranger | undefined {
  const directory = statusOf(dirname(file));
  const wholeDirectory = directory !== undefined && (directory.uid === uid || (directory.mode & 0o077) === 0);
  const foreign = [...partsOf(file).map(statusOf), wholeDirectory ? directory : undefined].find(
    (stat) => stat !== undefined && stat.uid !== uid,
  );
  return foreign && { uid: foreign.uid, cure: wholeDirectory ? giveDirectory(uid, dirname(file)) : giveFiles(uid, file) };
}

function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** For example after a restore by root, or when another user runs a command while the daemon runs. */
function notOurs(file: string, purpose: Purpose, stranger: Stranger, uid: number, cause: unknown): TraderError {
  const owner = userName(stranger.uid);
  return new TraderError(`The ${purpose} ${file} cannot be used: it or its directory belongs to ${owner}, and this is ${userName(uid)}.`, {
    code: `${purpose}-owner`,
    hint:
      stranger.uid === 0
        ? `Give it to the user of the daemon: \`${stranger.cure}\`.`
        : `Run the command as that user: \`${asUser(stranger.uid)}\`. If it should be ours: \`${stranger.cure}\`.`,
    exitCode: EXIT.configuration,
    cause,
  });
}

function readOnlyFileSystem(file: string, purpose: Purpose, cause: unknown): TraderError {
  const directory = dirname(file);
  return new TraderError(`The ${purpose} ${file} cannot be written: its file system is read-only.`, {
    code: `${purpose}-read-only`,
    hint: `Find out why (\`findmnt -T ${directory}\`, \`dmesg\`); a systemd unit may write only below its StateDirectory= and ReadWritePaths=.`,
    retryable: true,
    cause,
  });
}
