import * as nodeFs from "node:fs";
import { dirname } from "node:path";
import { directoryObstacle } from "../machine/directory-access.ts";
import { EXIT, messageOf, TraderError } from "../domain/errors.ts";
import { factsOf, trustOf } from "../intake/trust.ts";
import { asUser, ourUid, userName } from "../machine/users.ts";

/** The file calls used for writing; a test passes failing ones. */
export type AlertsFileSystem = Pick<
  typeof nodeFs,
  "openSync" | "closeSync" | "fstatSync" | "lstatSync" | "readSync" | "writeSync" | "ftruncateSync" | "fsyncSync" | "fchmodSync"
>;

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = nodeFs.constants;
/** Opened for reading to find an incomplete last line; non-blocking, in case the file is a pipe. */
const FLAGS = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK;
const FILE_MODE = 0o640;
const NEWLINE = 0x0a;
/** Thousands of lines: more than anybody writes while a daemon restarts. */
const SEARCHED_BYTES = 1_048_576;

/**
 * Appends a whole run to an alerts file in one write, so that no reader sees part of it as the whole. Never writes
 * to a file that is not ours or that others can write: they could forge our alerts (R8). An unfinished line of
 * another writer is ended first.
 * @param text lines, each with its newline.
 * @throws TraderError `alerts-file` (exit 1): then the file contains nothing of the run, unless the message says
 * otherwise.
 */
export function appendAlerts(file: string, text: string, fs: AlertsFileSystem = nodeFs): void {
  const descriptor = open(file, fs);
  try {
    const stat = fs.fstatSync(descriptor);
    assertOurs(file, stat);
    const torn = stat.size > 0 && lastByte(descriptor, stat.size, fs) !== NEWLINE;
    write(file, descriptor, Buffer.from(torn ? `\n${text}` : text), fs);
    assertStillThere(file, stat, fs);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Whether the end of the alerts file contains these lines, as after a crash between writing and recording. */
export function holdsAlerts(file: string, text: string, fs: AlertsFileSystem = nodeFs): boolean {
  const descriptor = openIfPossible(file, fs);
  if (descriptor === undefined) return false;
  try {
    const { size } = fs.fstatSync(descriptor);
    const from = Math.max(0, size - SEARCHED_BYTES);
    const tail = Buffer.alloc(size - from);
    return tail.subarray(0, fs.readSync(descriptor, tail, 0, tail.length, from)).includes(text);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** A file that cannot be opened contains nothing of ours; the next writer gets the reason. */
function openIfPossible(file: string, fs: AlertsFileSystem): number | undefined {
  try {
    return openExisting(file, fs);
  } catch {
    return undefined;
  }
}

function open(file: string, fs: AlertsFileSystem): number {
  try {
    return openExisting(file, fs) ?? create(file, fs);
  } catch (error) {
    throw unwritable(file, error);
  }
}

function openExisting(file: string, fs: AlertsFileSystem): number | undefined {
  try {
    return fs.openSync(file, FLAGS);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * The mode is set explicitly, whatever the umask. @throws EEXIST when another process was quicker; the next signal
 * finds its file.
 */
function create(file: string, fs: AlertsFileSystem): number {
  const descriptor = fs.openSync(file, FLAGS | O_CREAT | O_EXCL, FILE_MODE);
  fs.fchmodSync(descriptor, FILE_MODE);
  return descriptor;
}

function assertOurs(file: string, stat: nodeFs.Stats): void {
  const uid = ourUid();
  const facts = factsOf(stat);
  if (facts.kind === "regular" && facts.uid !== uid) {
    throw refused(
      `${file} belongs to ${userName(facts.uid)}, but this process runs as ${userName(uid)}`,
      `Run the command as that user (\`${asUser(facts.uid)}\`), or remove the file.`,
    );
  }
  const trust = trustOf(file, facts, new Set([uid]));
  if (trust.kind === "untrusted") throw refused(trust.reason.replace(/\.$/, ""), trust.hint);
}

function lastByte(descriptor: number, size: number, fs: AlertsFileSystem): number | undefined {
  const byte = Buffer.alloc(1);
  return fs.readSync(descriptor, byte, 0, 1, size - 1) === 1 ? byte[0] : undefined;
}

function write(file: string, descriptor: number, bytes: Buffer, fs: AlertsFileSystem): void {
  const before = fs.fstatSync(descriptor).size;
  try {
    const written = fs.writeSync(descriptor, bytes);
    if (written < bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes could be written`);
    fs.fsyncSync(descriptor);
  } catch (error) {
    throw takenBack(file, descriptor, before, bytes.length, error, fs);
  }
}

/** Removes a partly written run, unless somebody has appended to it. */
function takenBack(file: string, descriptor: number, before: number, length: number, cause: unknown, fs: AlertsFileSystem): TraderError {
  const size = fs.fstatSync(descriptor).size;
  if (size > before + length) {
    return new TraderError(`The alerts may be incomplete in ${file}: ${messageOf(cause)}; another process wrote there too.`, {
      code: "alerts-file",
      hint: "Check the end of the file before you run it again.",
      cause,
    });
  }
  if (size > before) fs.ftruncateSync(descriptor, before);
  return unwritable(file, cause);
}

/** Nobody reads lines in a file that was moved away or replaced meanwhile. */
function assertStillThere(file: string, opened: nodeFs.Stats, fs: AlertsFileSystem): void {
  const now = fs.lstatSync(file, { throwIfNoEntry: false });
  if (now?.ino === opened.ino && now.dev === opened.dev) return;
  throw new TraderError(`${file} was moved or replaced while the alerts were written; they may be lost.`, {
    code: "alerts-file",
    hint: "Run it again.",
    retryable: true,
  });
}

function unwritable(file: string, error: unknown): TraderError {
  const options = { code: "alerts-file", cause: error };
  switch (codeOf(error)) {
    case "ELOOP":
      return refused(`${file} is a symbolic link`, "Set the path to the real file; links are never followed.");
    case "ENOENT":
    case "ENOTDIR":
      return new TraderError(`The alerts file ${file} cannot be created: its directory does not exist.`, {
        ...options,
        hint: "Create the directory, or set ALERTS_FILE or STRATEGIES to another place.",
      });
    case "EISDIR":
    case "ENXIO":
      return refused(`${file} is not a regular file`, "Set the path to a file that can be appended to.");
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return forbidden(file, error);
    case "ENOSPC":
    case "EDQUOT":
      return new TraderError(`The alerts could not be written to ${file}: the disk is full. None were written.`, {
        ...options,
        hint: "Free some space and run it again.",
        retryable: true,
      });
    default:
      return new TraderError(`The alerts could not be written to ${file}: ${messageOf(error)}. None were written.`, options);
  }
}

function forbidden(file: string, cause: unknown): TraderError {
  const obstacle = directoryObstacle(dirname(file), "ALERTS_FILE");
  const user = `user ${String(process.getuid?.() ?? 0)}`;
  return new TraderError(
    obstacle === undefined
      ? `This process runs as ${user}, which cannot write to the alerts file ${file}: ${messageOf(cause)}.`
      : `The alerts file ${file} cannot be written: ${obstacle.text}.`,
    {
      code: "alerts-file",
      hint:
        obstacle?.hint ??
        `Let ${user} write to the file, or set ALERTS_FILE to another one. In /tmp even root cannot append to another user's file (fs.protected_regular).`,
      cause,
    },
  );
}

function refused(what: string, hint: string): TraderError {
  return new TraderError(`The alerts were not written: ${what}.`, { code: "alerts-file", hint, exitCode: EXIT.failed });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
