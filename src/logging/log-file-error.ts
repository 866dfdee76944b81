import type { Stats } from "node:fs";
import { lstatSync } from "node:fs";
import { dirname } from "node:path";
import { directoryObstacle } from "../directory-access.ts";
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
  const obstacle = directoryObstacle(dirname(file), "LOG_DIR");
  return new TraderError(
    obstacle === undefined ? `The log file ${file} cannot be opened: ${messageOf(error)}.` : `The log directory ${obstacle.text}.`,
    {
      code: "log-directory",
      hint: obstacle?.hint ?? "LOG_DIR must be a directory that our user may write to.",
      exitCode: EXIT.configuration,
      cause: error,
    },
  );
}

function reasonInPlace(file: string, fs: { lstatSync: typeof lstatSync }): Foreignness | undefined {
  try {
    const stat = fs.lstatSync(file, { throwIfNoEntry: false });
    return stat && foreignness(stat);
  } catch {
    return undefined;
  }
}

interface Foreignness {
  readonly reason: string;
  /** Whoever else may have made the file, and for good. */
  readonly maker?: number;
}

function foreignness(stat: Stats): Foreignness | undefined {
  if (stat.isSymbolicLink()) return { reason: "it is a symbolic link" };
  if (!stat.isFile()) return { reason: "it is no plain file" };
  const uid = process.getuid?.() ?? stat.uid;
  if (stat.uid !== uid) return { reason: `it belongs to user ${stat.uid}, and this process runs as user ${uid}`, maker: stat.uid };
  return stat.nlink === 1 ? undefined : { reason: "it has a second name (a hard link)" };
}

function notOurs(file: string, { reason, maker }: Foreignness): TraderError {
  const daemon =
    maker === undefined ? "" : `If user ${maker} runs the daemon, run this as that user: \`sudo -u '#${maker}' …\`. Otherwise: `;
  return new TraderError(`The log file ${file} is not a plain file of ours: ${reason}.`, {
    code: "log-file",
    hint: `${daemon}Find out who made it and remove it, or set LOG_DIR to a directory of your own.`,
    exitCode: EXIT.refused,
  });
}
