import * as nodeFs from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../domain/errors.ts";
import { logFileError, refuseForeignFile } from "./log-file-error.ts";
import { makeDirectories } from "../machine/directory-access.ts";

/** The file calls of a log file; a test passes failing ones. */
export type LogFileSystem = Pick<
  typeof nodeFs,
  | "openSync"
  | "writeSync"
  | "closeSync"
  | "fstatSync"
  | "statSync"
  | "lstatSync"
  | "fchmodSync"
  | "fchownSync"
  | "ftruncateSync"
  | "renameSync"
  | "rmSync"
  | "mkdirSync"
  | "existsSync"
>;

export interface RotatingFileOptions {
  readonly file: string;
  /** Numeric id of the group allowed to read; undefined: our own. */
  readonly groupId: number | undefined;
  /** The line with the number of lost lines, written before the first one that succeeds again. */
  readonly lossLine: (lost: number) => string;
  /** Called once when lines start to be lost, and for any other failure. */
  readonly onProblem: (sentence: string) => void;
  /** Size at which the file is rotated. Default 10 MB. */
  readonly maxBytes?: number;
  /** How many rotated files to keep besides the current one. Default 4, so five files in all. */
  readonly keep?: number;
  readonly fileSystem?: LogFileSystem;
}

const MAX_BYTES = 10_000_000;
const KEEP = 4;
const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = nodeFs.constants;

/**
 * A size-limited log file in a directory that may be open to everyone (R30). Each line is written when `append`
 * returns, so `process.exit` loses none. It rotates by renaming, which `tail -F` follows; it never writes to links
 * and files of others; a full disk loses lines, counts them, and needs no restart to recover.
 */
export class RotatingFile {
  readonly #options: RotatingFileOptions;
  readonly #fs: LogFileSystem;
  #descriptor = -1;
  #size = 0;
  #inode = 0;
  /** The last write ended in the middle of a line. */
  #torn = false;
  #lost = 0;
  #lostInAll = 0;

  /**
   * @throws TraderError `log-file` (exit 3) when the file is not a plain file of ours, and `log-directory` (exit 78)
   * when nothing can be written there. Does not throw for a full disk.
   */
  constructor(options: RotatingFileOptions) {
    this.#options = options;
    this.#fs = options.fileSystem ?? nodeFs;
    try {
      makeDirectories(dirname(options.file), DIRECTORY_MODE, this.#fs);
      this.#open();
    } catch (error) {
      if (!isFull(error)) throw logFileError(options.file, error, this.#fs);
      options.onProblem(`${options.file} cannot be written: ${messageOf(error)}.`);
    }
  }

  /** Lines lost since the start. */
  get lost(): number {
    return this.#lostInAll;
  }

  /** @param headingOf the line that belongs before it, if any; `isAnew`: where the file is empty, or the last lines are lost. */
  append(line: string, headingOf: (isAnew: boolean) => string | undefined = () => undefined): void {
    try {
      this.#makeReady(Buffer.byteLength(line) + 1);
      const heading = headingOf(this.#size === 0 || this.#lost > 0);
      const loss = this.#lost > 0 ? this.#options.lossLine(this.#lost) : undefined;
      const lines = [heading, loss, line].filter((each) => each !== undefined);
      this.#write(`${this.#torn ? "\n" : ""}${lines.join("\n")}\n`);
      this.#lost = 0;
    } catch (error) {
      this.#lose(error);
    }
  }

  close(): void {
    if (this.#descriptor >= 0) this.#fs.closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  /** A file renamed or removed by others (logrotate, a cleaner of /tmp) would swallow all later lines. */
  #makeReady(bytes: number): void {
    if (this.#descriptor >= 0 && this.#fs.statSync(this.#options.file, { throwIfNoEntry: false })?.ino !== this.#inode) this.close();
    if (this.#descriptor < 0) this.#open();
    if (this.#size > 0 && this.#size + bytes > (this.#options.maxBytes ?? MAX_BYTES)) this.#rotate();
  }

  #write(text: string): void {
    const bytes = Buffer.from(text);
    let written = 0;
    try {
      while (written < bytes.length) written += this.#fs.writeSync(this.#descriptor, bytes, written);
      this.#torn = false;
    } finally {
      if (written > 0 && written < bytes.length) this.#torn = bytes[written - 1] !== 0x0a;
      this.#size += written;
    }
  }

  #lose(error: unknown): void {
    this.#lost++;
    this.#lostInAll++;
    if (this.#lost === 1)
      this.#options.onProblem(
        `${this.#options.file} cannot be written: ${messageOf(error)}. Lines are lost until it can be written again.`,
      );
  }

  #open(): void {
    const { file } = this.#options;
    const descriptor = this.#fs.openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
    try {
      const stat = this.#fs.fstatSync(descriptor);
      refuseForeignFile(file, stat);
      this.#lendToGroup(descriptor, stat);
      if ((stat.mode & 0o7777) !== FILE_MODE) this.#fs.fchmodSync(descriptor, FILE_MODE);
      this.#size = stat.size;
      this.#inode = stat.ino;
    } catch (error) {
      this.#fs.closeSync(descriptor);
      throw error;
    }
    this.#descriptor = descriptor;
  }

  #lendToGroup(descriptor: number, stat: nodeFs.Stats): void {
    const { groupId, file, onProblem } = this.#options;
    if (groupId === undefined || stat.gid === groupId) return;
    try {
      this.#fs.fchownSync(descriptor, stat.uid, groupId);
    } catch (error) {
      onProblem(`${file} cannot be assigned to group ${groupId} (LOG_GROUP): ${messageOf(error)}. Our user must be a member of it.`);
    }
  }

  /** If the old files cannot be moved (something is in the way), the log is emptied to stay bounded. */
  #rotate(): void {
    try {
      this.#shift();
    } catch (error) {
      this.#fs.ftruncateSync(this.#descriptor, 0);
      this.#size = 0;
      this.#options.onProblem(`${this.#options.file} cannot be rotated: ${messageOf(error)}. It was emptied instead.`);
      return;
    }
    this.close();
    this.#open();
  }

  #shift(): void {
    const keep = this.#options.keep ?? KEEP;
    const name = (age: number): string => (age === 0 ? this.#options.file : `${this.#options.file}.${age}`);
    this.#fs.rmSync(name(keep), { force: true });
    for (let age = keep - 1; age >= 0; age--)
      if (this.#fs.lstatSync(name(age), { throwIfNoEntry: false }) !== undefined) this.#fs.renameSync(name(age), name(age + 1));
  }
}

function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(String((error as NodeJS.ErrnoException).code));
}
