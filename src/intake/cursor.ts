import { closeSync, fstatSync, lstatSync, statSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { basename, dirname } from "node:path";
import { readingObstacle } from "../machine/directory-access.ts";
import { messageOf } from "../domain/errors.ts";
import { directoryOf } from "./file-loss.ts";
import type { Sight } from "./file-loss.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { RawLine } from "./line-splitter.ts";
import { CHUNK_BYTES, MAX_TAIL_BYTES, readAt, tailStart } from "./tail.ts";
import type { TailSearch } from "./tail.ts";
import { factsOf, openAlertsFile, trustOf } from "./trust.ts";
import type { Trust } from "./trust.ts";

/** Some lines that stood together in one content of the file. */
export interface Passage {
  /** Rises whenever the file was replaced, cut or rewritten, so that what follows may repeat what was read before. */
  readonly generation: number;
  /** Whether it was looked for from the end of the file, so that old lines may be among it, and others before it. */
  readonly scanned: boolean;
  /** Bytes before it that were not read. */
  readonly bytesBefore: number;
  readonly lines: readonly RawLine[];
  /** When its lines came, at the latest; milliseconds since the epoch. */
  readonly arrivedAt: number;
}

export type News =
  | { readonly kind: "unchanged" }
  /** The file does not exist, but its directory does; lines that its last content had left are handed on still. */
  | { readonly kind: "missing"; readonly passages: readonly Passage[] }
  | { readonly kind: "read"; readonly passages: readonly Passage[] }
  | { readonly kind: "untrusted"; readonly reason: string; readonly hint: string };

export interface CursorOptions {
  readonly file: string;
  readonly owners: ReadonlySet<number>;
  readonly stampOf: TailSearch["stampOf"];
  readonly runSpanMs: number;
  /** Told what stands at the path at each look. */
  readonly onSight?: (sight: Sight) => void;
}

/** Bytes kept from before the reading position, to notice that a file was rewritten in place. */
const FINGERPRINT_BYTES = 4_096;

/** An open content of the file and how far it has been read. */
interface Reading {
  readonly descriptor: number;
  readonly device: bigint;
  readonly inode: bigint;
  position: number;
  splitter: LineSplitter;
  fingerprint: Buffer;
  /** When what stands behind the last newline came, at the latest; milliseconds since the epoch. */
  restSince: number;
}

/**
 * How far the alerts file has been read. It holds the file open, so that lines written just before a
 * rename or a deletion are still read; it compares what stands before its position with what it read
 * there, so that a rewrite in place is noticed even when the file has not become smaller; and it never
 * reads more of a long file than can still matter. What has not changed costs one `lstat`.
 */
export class AlertsCursor {
  readonly #options: CursorOptions;
  #reading: Reading | undefined;
  #lastSeen: BigIntStats | undefined;
  /** A second change may hide in the same tick of the file system's clock, so after a change one look more compares the content. */
  #checkOnceMore = false;
  #generation = 0;
  /** Lines that stand there when the file is first seen, or first trusted, may be as old as the file. */
  #atStart = true;
  #bytesRead = 0;

  constructor(options: CursorOptions) {
    this.#options = options;
  }

  /** How much has been read from the disk so far. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /**
   * Reads what is new.
   * @param now milliseconds since the epoch.
   * @param freshFrom lines stamped before it can be left out where the file is long.
   */
  look(now: number, freshFrom: number): News {
    try {
      return this.#look(now, freshFrom);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return this.#gone(now, freshFrom);
      this.#forget();
      return unreadable(this.#options.file, error);
    }
  }

  /** What stands behind the last newline, and since when. */
  get rest(): { readonly bytes: Buffer; readonly since: number } | undefined {
    const bytes = this.#reading?.splitter.rest;
    return bytes === undefined || this.#reading === undefined ? undefined : { bytes, since: this.#reading.restSince };
  }

  /** Takes what stands behind the last newline for a line. */
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
    const rest = this.#readSameFile(reading, now, freshFrom);
    this.#letGo();
    const fresh = this.#readReplacement(now, freshFrom);
    return Array.isArray(fresh) ? [...rest, ...fresh] : fresh;
  }

  /** A replacement that is gone again before it is opened must not cost the lines of the file before it. */
  #readReplacement(now: number, freshFrom: number): Passage[] | (Trust & { kind: "untrusted" }) {
    try {
      return this.#readNewFile(now, freshFrom);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    }
  }

  #readNewFile(now: number, freshFrom: number): Passage[] | (Trust & { kind: "untrusted" }) {
    const { descriptor, trust } = openAlertsFile(this.#options.file, this.#options.owners);
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

  #readSameFile(reading: Reading, now: number, freshFrom: number): Passage[] {
    const size = Number(fstatSync(reading.descriptor, { bigint: true }).size);
    if (size < reading.position || !this.#isAsRead(reading)) {
      this.#generation += 1;
      reading.position = 0;
      return [this.#scan(reading, size, now, freshFrom)];
    }
    if (size === reading.position) return [];
    // More than that in one go is not read through but looked at from its end, as at the start.
    if (size - reading.position > MAX_TAIL_BYTES) return [this.#scan(reading, size, now, freshFrom)];
    return [{ generation: this.#generation, scanned: false, bytesBefore: 0, lines: this.#take(reading, size, now), arrivedAt: now }];
  }

  /** Whether the bytes before the position are still those that were read there. */
  #isAsRead(reading: Reading): boolean {
    const length = reading.fingerprint.length;
    return length === 0 || this.#read(reading.descriptor, reading.position - length, length).equals(reading.fingerprint);
  }

  /** Reads from the first line on that can still matter. */
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
    // A slice would keep the whole chunk alive.
    reading.fingerprint = Buffer.from(reading.fingerprint);
    return lines;
  }

  #read(descriptor: number, position: number, length: number): Buffer {
    const bytes = readAt(descriptor, position, length);
    this.#bytesRead += bytes.length;
    return bytes;
  }

  #gone(now: number, freshFrom: number): News {
    const passages = this.#reading === undefined ? [] : this.#readSameFile(this.#reading, now, freshFrom);
    if (passages.length === 0 && !isDirectory(dirname(this.#options.file))) return this.#refuse(noDirectory(this.#options.file));
    this.#letGo();
    this.#atStart = false;
    return { kind: "missing", passages };
  }

  #refuse(trust: Trust & { kind: "untrusted" }): News {
    this.#forget();
    return trust;
  }

  /** What comes after a time in which the file could not be trusted is judged as at a start: its lines may be old. */
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

/** A strategy that has not written yet has a directory to write to. */
function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function noDirectory(file: string): Trust & { kind: "untrusted" } {
  return {
    kind: "untrusted",
    reason: `${dirname(file)}, the directory of ${basename(file)}, does not exist.`,
    hint: "Check ALERTS_FILE or STRATEGIES, or make the directory for the strategy's user.",
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
    hint: obstacle?.hint ?? "Let our user read the file and enter its directory.",
  };
}
