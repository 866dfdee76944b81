import type { Stats } from "node:fs";
import { lstatSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { directoryObstacle } from "../machine/directory-access.ts";
import { EXIT, messageOf, TraderError } from "../domain/errors.ts";
import { ourUid } from "../machine/users.ts";
import { passingFailure } from "./file-failures.ts";

/**
 * Directory of the account locks (R26). Two daemons of one user must meet here whatever their
 * STATE_DIR and however they were started, so nothing in the environment may move it: not TMPDIR, and
 * not XDG_RUNTIME_DIR, which a login has and a system service or a cron job has not. The alerts file
 * and the logs live in /tmp by default too, so it is there wherever the daemon can work.
 *
 * It is a promise per user: daemons of two users with the same keys do not meet.
 */
const MACHINE_DIRECTORY = "/tmp";

/**
 * The directory of this user's account locks, created if needed.
 * @throws TraderError `lock-directory` (exit 3) when another user has put something in its place; `lock-full` or `lock-read-only` (exit 1) when the disk is.
 */
export function accountLockDirectory(parent?: string, uid: number = ourUid(), fs = { mkdirSync }): string {
  const directory = accountLockPath(parent, uid);
  makeDirectory(directory, fs);
  assertOurs(directory, lstatSync(directory), uid);
  return directory;
}

/**
 * The lock file of one account of Alpaca. Not for the embedded simulator: its account number is the
 * same everywhere (R29), and two of them do not share an account.
 */
export function accountLockFile(accountNumber: string, directory: string = accountLockDirectory()): string {
  return join(directory, `account-${encodeURIComponent(accountNumber)}.lock`);
}

/** The path of {@link accountLockDirectory}, without creating it. */
export function accountLockPath(parent: string = MACHINE_DIRECTORY, uid: number = ourUid()): string {
  return join(parent, `alpaca-trader-${uid}`);
}

function makeDirectory(directory: string, fs: { mkdirSync: typeof mkdirSync }): void {
  try {
    fs.mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw passingFailure(directory, error, "lock") ?? unmakeable(directory, error);
  }
}

/** In a directory made by another user, locks could be removed or held against us. */
function assertOurs(directory: string, stat: Stats, uid: number): void {
  if (!stat.isDirectory()) throw refused(`${directory} is ${stat.isSymbolicLink() ? "a symbolic link" : "not a directory"}`);
  if (stat.uid !== uid) throw refused(`${directory} belongs to user ${stat.uid}, not to ours (${uid})`);
  if ((stat.mode & 0o077) !== 0) throw refused(`${directory} is open to other users (mode ${(stat.mode & 0o777).toString(8)})`);
}

/** Without a directory in `/tmp` another daemon on the same account cannot be detected. */
function unmakeable(directory: string, cause: unknown): TraderError {
  const parent = dirname(directory);
  const what = directoryObstacle(parent, "/tmp")?.text ?? `${directory}: ${messageOf(cause)}`;
  return new TraderError(`The directory of the account locks cannot be made: ${what}.`, {
    code: "lock-directory",
    hint: `Every user must be able to write in ${parent} (mode 1777); a container with a read-only root needs \`--tmpfs /tmp\`.`,
    exitCode: EXIT.refused,
    cause,
  });
}

function refused(what: string): TraderError {
  return new TraderError(`The account locks cannot be trusted: ${what}.`, {
    code: "lock-directory",
    hint: "Find out who created it, remove it, and start again. It must be a directory owned by this user with mode 700.",
    exitCode: EXIT.refused,
  });
}
