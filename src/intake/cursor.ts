import { closeSync, fstatSync, lstatSync, statSync, type BigIntStats } from "node:fs";
import { basename, dirname } from "node:path";
import { readingObstacle } from "../machine/directory-access.ts";
import { messageOf } from "../domain/errors.ts";
import { directoryOf, type Sight } from "./file-loss.ts";
import { LineSplitter, type RawLine } from "./line-splitter.ts";
import { CHUNK_BYTES, MAX_TAIL_BYTES, readAt, tailStart, type TailSearch } from "./tail.ts";
import { factsOf, openAlertsFile, trustOf, type OpenedFile, type Trust } from "./trust.ts";

/** Consecutive lines from one version of the file. */
export interface Passage {
  /** Increases whenever the file was replaced, truncated or rewritten, so lines may repeat earlier ones. */
  readonly generation: number;
  /** Whether it was read from the end of the file, so it may include old lines and skip earlier ones. */
  readonly scanned: boolean;
  /** Number of skipped bytes before it. */
  readonly bytesBefore: number;
  readonly lines: readonly RawLine[];
  /** Latest time at which its lines arrived; milliseconds since the epoch. */
  readonly arrivedAt: number;
  /** Why nobody has judged its lines before, in one sentence; missing where that needs no reason. */
  readonly late?: string;
}

export type News =
  | { readonly kind: "unchanged" }
  /** The file does not exist, but its directory does. Remaining lines of its last version are still delivered. */
  | { readonly kind: "missing"; readonly passages: readonly Passage[] }
  | { readonly kind: "read"; readonly passages: readonly Passage[] }
  | { readonly kind: "untrusted"; readonly reason: string; readonly hint: string };

export interface CursorOptions {
  readonly file: string;
  readonly owners: ReadonlySet<number>;
  readonly stampOf: TailSearch["stampOf"];
  readonly runSpanMs: number;
  /** Called at each check with what is at the path. */
  readonly onSight?: (sight: Sight) => void;
}

/** What an intake reads the file through. */
export interface AlertsReader {
  /**
   * Reads new lines.
   * @param now milliseconds since the epoch.
   * @param freshFrom in a long file, lines stamped before it may be skipped.
   */
  look(now: number, freshFrom: number): News;
  /** Bytes after the last newline, and since when. */
  readonly rest: { readonly bytes: Buffer; readonly since: number } | undefined;
  /** Treats the bytes after the last newline as a line. */
  takeRest(): Passage;
  close(): void;
}

/** Bytes kept from before the read position, to detect that a file was rewritten in place. */
const FINGERPRINT_BYTES = 4_096;

/** An open version of the file and the read position. */
interface Reading {
  readonly descriptor: number;
  readonly device: bigint;
  readonly inode: bigint;
  position: number;
  splitter: LineSplitter;
  fingerprint: Buffer;
  /** Latest time at which the bytes after the last newline arrived; milliseconds since the epoch. */
  restSince: number;
}

/**
 * Reads new lines of the alerts file. It keeps the file open, so that lines written just before a rename
 * or deletion are still read. It compares the bytes before its position with what it read there, which
 * detects a rewrite in place even when the file did not shrink. It never reads more of a long file than
 * can still matter. An unchanged file costs one `lstat`.
 */
export class AlertsCursor implements AlertsReader {
  readonly #options: CursorOptions;
  #reading: Reading | undefined;
  #lastSeen: BigIntStats | undefined;
  /** A second change may fall into the same tick of the file system's clock, so the check after a change compares the content too. */
  #checkOnceMore = false;
  #generation = 0;
  /** Lines already in the file when it is first seen, or first trusted, may be as old as the file. */
  #atStart = true;
  #bytesRead = 0;

  constructor(options: CursorOptions) {
    this.#options = options;
  }

  /** Bytes read from disk so far. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  look(now: number, freshFrom: number): News {
    try {
      return this.#look(now, freshFrom);
    } catch (error) {
      this.#forget();
      return unreadable(this.#options.file, error);
    }
  }

  get rest(): { readonly bytes: Buffer; readonly since: number } | undefined {
    const bytes = this.#reading?.splitter.rest;
    return bytes === undefined || this.#reading === undefined ? undefined : { bytes, since: this.#reading.restSince };
  }

  takeRest(): Passage {
    const line = this.#reading?.splitter.end();
    const arrivedAt = this.#reading?.restSince ?? 0;
    return { generation: this.#generation, scanned: false, bytesBefore: 0, lines: line === undefined ? [] : [line], arrivedAt };
  }

  close(): void {
    this.#forget();
  }

  #look(now: number, freshFrom: number): News {
    const seen = lstatSync(this.#options.file, { bigint: true, throwIfNoEntry: false });
    this.#options.onSight?.({ file: seen, directory: () => directoryOf(this.#options.file) });
    if (seen === undefined) return this.#gone(now, freshFrom);
    if (this.#reading !== undefined && this.#lastSeen !== undefined && !this.#checkOnceMore && isSame(seen, this.#lastSeen))
      return { kind: "unchanged" };
    const trust = trustOf(this.#options.file, factsOf(seen), this.#options.owners);
    if (trust.kind === "untrusted") return this.#refuse(trust);
    this.#checkOnceMore = this.#lastSeen === undefined || !isSame(seen, this.#lastSeen);
    this.#lastSeen = seen;
    const passages = this.#readOn(seen, now, freshFrom);
    return Array.isArray(passages) ? { kind: "read", passages } : this.#refuse(passages);
  }

  #readOn(seen: BigIntStats, now: number, freshFrom: number): Passage[] | (Trust & { kind: "untrusted" }) {
    const reading = this.#reading;
    if (reading === undefined) return this.#readNewFile(now, freshFrom);
    if (reading.device === seen.dev && reading.inode === seen.ino) return this.#readSameFile(reading, now, freshFrom);
    const rest = this.#readReplaced(reading, now, freshFrom);
    this.#letGo();
    const fresh = this.#readNewFile(now, freshFrom);
    return Array.isArray(fresh) ? [...rest, ...fresh] : fresh;
  }

  /** What a version that is no longer at the path got last. On NFS it cannot be read once another machine has removed it (ESTALE). */
  #readReplaced(reading: Reading, now: number, freshFrom: number): Passage[] {
    try {
      return this.#readSameFile(reading, now, freshFrom);
    } catch (error) {
      if (codeOf(error) === "ESTALE") return [];
      throw error;
    }
  }

  #readNewFile(now: number, freshFrom: number): Passage[] | (Trust & { kind: "untrusted" }) {
    const opened = this.#open();
    // The lines of the previous file must not be lost then.
    if (opened === undefined) return [];
    const { descriptor, trust } = opened;
    if (trust.kind === "untrusted") {
      closeSync(descriptor);
      return trust;
    }
    const stats = fstatSync(descriptor, { bigint: true });
    const reading = {
      descriptor,
      device: stats.dev,
      inode: stats.ino,
      position: 0,
      splitter: new LineSplitter(1),
      fingerprint: Buffer.alloc(0),
      restSince: 0,
    };
    this.#reading = reading;
    this.#generation += 1;
    const arrivedAt = this.#atStart ? Math.min(now, Number(stats.mtimeMs)) : now;
    this.#atStart = false;
    return [this.#scan(reading, Number(stats.size), arrivedAt, freshFrom)];
  }

  /** @returns `undefined` when the file has disappeared. */
  #open(): OpenedFile | undefined {
    try {
      return openAlertsFile(this.#options.file, this.#options.owners);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  #readSameFile(reading: Reading, now: number, freshFrom: number): Passage[] {
    const size = Number(fstatSync(reading.descriptor, { bigint: true }).size);
    if (size < reading.position || !this.#isAsRead(reading)) {
      this.#generation += 1;
      reading.position = 0;
      return [this.#scan(reading, size, now, freshFrom)];
    }
    if (size === reading.position) return [];
    // A larger growth at once is read from its end, as at the start.
    if (size - reading.position > MAX_TAIL_BYTES) return [this.#scan(reading, size, now, freshFrom)];
    return [{ generation: this.#generation, scanned: false, bytesBefore: 0, lines: this.#take(reading, size, now), arrivedAt: now }];
  }

  /** Whether the bytes before the position are unchanged. */
  #isAsRead(reading: Reading): boolean {
    const length = reading.fingerprint.length;
    return length === 0 || this.#read(reading.descriptor, reading.position - length, length).equals(reading.fingerprint);
  }

  /** Reads from the first line that can still matter. */
  #scan(reading: Reading, size: number, arrivedAt: number, freshFrom: number): Passage {
    const { stampOf, runSpanMs } = this.#options;
    const before = reading.position;
    const search = {
      read: (position: number, length: number) => this.#read(reading.descriptor, position, length),
      stampOf,
      freshFrom,
      runSpanMs,
    };
    const start = tailStart(search, before, size);
    if (start !== before || before === 0) {
      reading.position = start;
      reading.fingerprint = Buffer.alloc(0);
      reading.splitter = new LineSplitter(start === 0 ? 1 : undefined);
    }
    const lines = this.#take(reading, size, arrivedAt);
    return { generation: this.#generation, scanned: true, bytesBefore: start - before, lines, arrivedAt };
  }

  #take(reading: Reading, size: number, arrivedAt: number): RawLine[] {
    const lines: RawLine[] = [];
    reading.restSince = arrivedAt;
    while (reading.position < size) {
      const bytes = this.#read(reading.descriptor, reading.position, Math.min(CHUNK_BYTES, size - reading.position));
      if (bytes.length === 0) break;
      lines.push(...reading.splitter.take(bytes));
      reading.position += bytes.length;
      reading.fingerprint = Buffer.concat([reading.fingerprint, bytes]).subarray(-FINGERPRINT_BYTES);
    }
    // A slice would keep the whole chunk in memory.
    reading.fingerprint = Buffer.from(reading.fingerprint);
    return lines;
  }

  #read(descriptor: number, position: number, length: number): Buffer {
    const bytes = readAt(descriptor, position, length);
    this.#bytesRead += bytes.length;
    return bytes;
  }

  #gone(now: number, freshFrom: number): News {
    const passages = this.#reading === undefined ? [] : this.#readReplaced(this.#reading, now, freshFrom);
    if (passages.length === 0 && !isDirectory(dirname(this.#options.file))) return this.#refuse(noDirectory(this.#options.file));
    this.#letGo();
    this.#atStart = false;
    return { kind: "missing", passages };
  }

  #refuse(trust: Trust & { kind: "untrusted" }): News {
    this.#forget();
    return trust;
  }

  /** After a period in which the file was not trusted, its lines may be old and are judged as at a start. */
  #forget(): void {
    this.#letGo();
    this.#atStart = true;
  }

  #letGo(): void {
    if (this.#reading !== undefined) closeSync(this.#reading.descriptor);
    this.#reading = undefined;
    this.#lastSeen = undefined;
    this.#checkOnceMore = false;
  }
}

function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return (
    one.ino === other.ino &&
    one.dev === other.dev &&
    one.size === other.size &&
    one.mtimeNs === other.mtimeNs &&
    one.ctimeNs === other.ctimeNs
  );
}

function codeOf(error: unknown): string {
  return Error.isError(error) && "code" in error ? String(error.code) : "";
}

/** A strategy that has not written yet must still have its directory. */
function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function noDirectory(file: string): Trust & { kind: "untrusted" } {
  return {
    kind: "untrusted",
    reason: `${dirname(file)}, the directory of ${basename(file)}, does not exist.`,
    hint: "Check ALERTS_FILE or STRATEGIES, or create the directory for the strategy's user.",
  };
}

function unreadable(file: string, error: unknown): News {
  if (codeOf(error) === "ELOOP")
    return {
      kind: "untrusted",
      reason: `${file} is a symbolic link, expected the file itself.`,
      hint: "Point ALERTS_FILE at the real file.",
    };
  const obstacle = readingObstacle(file, "ALERTS_FILE");
  return {
    kind: "untrusted",
    reason: `${obstacle?.text ?? `${file} cannot be read: ${messageOf(error)}`}.`,
    hint: obstacle?.hint ?? "Allow the daemon's user to read the file and enter its directory.",
  };
}
