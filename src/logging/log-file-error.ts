import { lstatSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { directoryObstacle } from "../machine/directory-access.ts";
import { EXIT, messageOf, TraderError } from "../domain/errors.ts";
import { asUser, ourUid, userName } from "../machine/users.ts";

/** A hard link or another owner means that somebody else controls the file. */
export function refuseForeignFile(file: string, stat: Stats): void {
  const reason = foreignness(stat);
  if (reason !== undefined) throw notOurs(file, reason, stat);
}

/** Why a log file could not be opened: its path is taken by something that is not ours, or the directory cannot be used. */
export function logFileError(file: string, error: unknown, fs: { lstatSync: typeof lstatSync } = { lstatSync }): TraderError {
  if (error instanceof TraderError) return error;
  const stat = statInPlace(file, fs);
  const reason = stat && foreignness(stat);
  if (reason !== undefined) return notOurs(file, reason, stat);
  const obstacle = directoryObstacle(dirname(file), "LOG_DIR");
  const text =
    obstacle === undefined ? `The log file ${file} cannot be opened: ${messageOf(error)}.` : `The log directory ${obstacle.text}.`;
  return new TraderError(text, {
    code: "log-directory",
    hint: obstacle?.hint ?? "LOG_DIR must be a directory that our user can write to.",
    exitCode: EXIT.configuration,
    cause: error,
  });
}

function statInPlace(file: string, fs: { lstatSync: typeof lstatSync }): Stats | undefined {
  try {
    return fs.lstatSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function foreignness(stat: Stats): string | undefined {
  if (stat.isSymbolicLink()) return "it is a symbolic link";
  if (!stat.isFile()) return "it is not a plain file";
  if (stat.uid !== ourUid()) return `it belongs to ${userName(stat.uid)}, but this process runs as ${userName(ourUid())}`;
  return stat.nlink === 1 ? undefined : "it has a second name (a hard link)";
}

function notOurs(file: string, reason: string, stat: Stats | undefined): TraderError {
  return new TraderError(`The log file ${file} is not a plain file of ours: ${reason}.`, {
    code: "log-file",
    hint: hintFor(stat),
    exitCode: EXIT.refused,
  });
}

/** A file of another user is usually the daemon's log, while root or a login runs a command. */
function hintFor(stat: Stats | undefined): string {
  if (stat?.isFile() !== true || stat.uid === ourUid())
    return "Find out who created it and remove it, or set LOG_DIR to your own directory.";
  return (
    `If ${userName(stat.uid)} runs the daemon, run this command as that user too: \`${asUser(stat.uid)}\`. ` +
    "If not, find out why the file is there and remove it, or set LOG_DIR to your own directory."
  );
}
