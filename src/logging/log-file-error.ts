import type { Stats } from "node:fs";
import { lstatSync } from "node:fs";
import { EXIT, messageOf, TraderError } from "../errors.ts";

/** A second name (hard link) or another owner means that somebody else decides what is written to. */
export function refuseForeignFile(file: string, stat: Stats): void {
  const reason = foreignness(stat);
  if (reason !== undefined) throw notOurs(file, reason);
}

/** Why a log file could not be opened: something in its place that is not ours, or a directory that cannot be used. */
export function logFileError(file: string, error: unknown, fs: { lstatSync: typeof lstatSync } = { lstatSync }): TraderError {
  if (error instanceof TraderError) return error;
  const reason = reasonInPlace(file, fs);
  if (reason !== undefined) return notOurs(file, reason);
  return new TraderError(`The log file ${file} cannot be opened: ${messageOf(error)}.`, {
    code: "log-directory",
    hint: "LOG_DIR must be a directory that our user may write to.",
    exitCode: EXIT.configuration,
    cause: error,
  });
}

function reasonInPlace(file: string, fs: { lstatSync: typeof lstatSync }): string | undefined {
  try {
    const stat = fs.lstatSync(file, { throwIfNoEntry: false });
    return stat && foreignness(stat);
  } catch {
    return undefined;
  }
}

function foreignness(stat: Stats): string | undefined {
  if (stat.isSymbolicLink()) return "it is a symbolic link";
  if (!stat.isFile()) return "it is no plain file";
  if (stat.uid !== (process.getuid?.() ?? stat.uid)) return `it belongs to user ${stat.uid}`;
  return stat.nlink === 1 ? undefined : "it has a second name (a hard link)";
}

function notOurs(file: string, reason: string): TraderError {
  return new TraderError(`The log file ${file} is not a plain file of ours: ${reason}.`, {
    code: "log-file",
    hint: "Find out who made it and remove it, or set LOG_DIR to a directory of your own.",
    exitCode: EXIT.refused,
  });
}
