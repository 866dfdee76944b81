import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { messageOf, TraderError } from "../domain/errors.ts";

const CHUNK_BYTES = 65_536;
const NEWLINE = 0x0a;
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** A growing log file that may be rotated by renaming, or emptied, while it is read. */
export class FollowedFile {
  readonly #path: string;
  #descriptor = -1;
  #inode = 0;
  #position = 0;
  /** The beginning of a line whose end has not been written yet. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The complete lines written since the last call, at first all of them. What is left of a rotated file comes before the new one.
   * @throws TraderError when the file is there and cannot be read, or is not a plain file.
   */
  readLines(): string[] {
    const before = this.#drain();
    if (!this.#isReplaced()) return before;
    this.close();
    this.#open();
    return [...before, ...this.#drain()];
  }

  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    this.#descriptor = -1;
    this.#position = 0;
    this.#rest = Buffer.alloc(0);
  }

  #isReplaced(): boolean {
    const stat = lstatSync(this.#path, { throwIfNoEntry: false });
    return stat !== undefined && (this.#descriptor < 0 || stat.ino !== this.#inode);
  }

  #open(): void {
    try {
      this.#descriptor = openSync(this.#path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      if (lstatSync(this.#path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
        throw unreadable(
          this.#path,
          "it is a symbolic link",
          "Logs are never opened through links (R30). Remove it, or set LOG_DIR to where it leads.",
        );
      throw unreadable(this.#path, messageOf(error), "Run this as the daemon's user, or as a member of LOG_GROUP.", error);
    }
    const stat = fstatSync(this.#descriptor);
    this.#inode = stat.ino;
    if (!stat.isFile()) throw unreadable(this.#path, "it is not a plain file", "Remove it, or set LOG_DIR to another directory.");
  }

  #drain(): string[] {
    if (this.#descriptor < 0) return [];
    if (fstatSync(this.#descriptor).size < this.#position) this.#position = 0;
    const chunks = [this.#rest];
    for (let chunk = this.#read(); chunk.length > 0; chunk = this.#read()) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    this.#rest = bytes.subarray(end);
    return end === 0 ? [] : bytes.toString("utf8", 0, end - 1).split("\n");
  }

  #read(): Buffer {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const length = readSync(this.#descriptor, chunk, 0, CHUNK_BYTES, this.#position);
    this.#position += length;
    return chunk.subarray(0, length);
  }
}

function unreadable(path: string, why: string, hint: string, cause?: unknown): TraderError {
  return new TraderError(`${path} cannot be read: ${why}.`, { code: "log-file", hint, cause });
}
