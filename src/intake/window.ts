import { overlongLine, readAlert, type Alert, type MalformedLine } from "./alert.ts";
import { runSpanMs, runsOf, type Entry, type Run } from "./batch.ts";
import type { Passage } from "./cursor.ts";
import type { RawLine } from "./line-splitter.ts";

/** Maximum lines in memory; a run has at most 500, and older runs matter only as context. */
const MAX_ENTRIES = 2_000;
/** Maximum dropped lines whose repeats are recognised. */
const MAX_DROPPED = 10_000;

interface WindowEntry extends Entry {
  readonly generation: number;
  /** Found while scanning the file's end, rather than seen being appended. */
  readonly scanned: boolean;
  /** How far our clock was ahead of the broker's when `arrivedAt` was taken. */
  readonly aheadMs: number;
}

/**
 * The lines that can still matter, in writing order. When the file is replaced or rewritten, lines that are
 * also in the new version take their new position; the others stay in front of it, so that a run whose legs
 * are spread over both versions is not split.
 */
export class LineWindow {
  readonly #timezone: string;
  readonly #maxSpanMs: number;
  readonly #settleMs: number;
  #entries: WindowEntry[] = [];
  /** Of the present entries; grouped when they are needed. */
  #runs: Run[] | undefined;
  #generation = 0;
  /** Lines of the present version of the file that were dropped for their age: writing one again changes nothing (R3). */
  readonly #dropped = new Set<string>();

  /**
   * @param timezone IANA name in which stamps without an offset are read.
   * @param maxAgeSeconds maximum distance between the stamps of one run.
   * @param settleSeconds when a run that names no legs is complete.
   */
  constructor(timezone: string, maxAgeSeconds: number, settleSeconds: number) {
    this.#timezone = timezone;
    this.#maxSpanMs = runSpanMs(maxAgeSeconds);
    this.#settleMs = settleSeconds * 1_000;
  }

  /**
   * Takes newly read lines.
   * @param firstSeen when lines of these hashes were first seen by an earlier check or process.
   * @param clock our current time, and how far it is ahead of the broker's, if known.
   */
  admit(
    passages: readonly Passage[],
    firstSeen: (hashes: readonly string[]) => ReadonlyMap<string, number>,
    clock?: { readonly now: number; readonly aheadMs: number },
  ): void {
    for (const { generation, scanned, lines: raw, arrivedAt, late } of passages) {
      if (generation > this.#generation) this.#dropped.clear();
      this.#generation = Math.max(this.#generation, generation);
      const lines = raw.slice(-MAX_ENTRIES).map((line) => this.#read(line));
      const seen = firstSeen(lines.map(({ hash }) => hash));
      for (const line of lines) {
        const before = this.#takeOut(line.hash);
        const first = Math.min(arrivedAt, before?.arrivedAt ?? Infinity, seen.get(line.hash) ?? Infinity);
        const aheadMs = first === clock?.now ? clock.aheadMs : 0;
        this.#entries.push({ line, arrivedAt: first, generation, scanned, aheadMs, late, isAgain: this.#dropped.has(line.hash) });
      }
    }
    this.#entries = this.#entries.slice(-MAX_ENTRIES);
    this.#runs = undefined;
  }

  /** Our clock is right again: corrects the times taken while it was wrong. */
  correctArrivals(): void {
    this.#entries = this.#entries.map((entry) => ({ ...entry, arrivedAt: entry.arrivedAt - entry.aheadMs, aheadMs: 0 }));
    this.#runs = undefined;
  }

  runs(): readonly Run[] {
    return (this.#runs ??= runsOf(this.#entries, this.#maxSpanMs, this.#settleMs));
  }

  /**
   * Drops leading runs that are too old to matter; the newest always stays.
   * @param freshFrom milliseconds since the epoch; older stamps cannot be fresh.
   * @param onlyScanned keep lines that we saw being appended: each of them gets a verdict.
   * @returns the number of dropped lines.
   */
  dropBefore(freshFrom: number, onlyScanned: boolean): number {
    let gone = 0;
    for (const run of this.runs().slice(0, -1)) {
      if (run.newestStamp !== undefined && run.newestStamp >= freshFrom) break;
      if (onlyScanned && this.#entries.slice(gone, gone + run.entries.length).some(({ scanned }) => !scanned)) break;
      gone += run.entries.length;
    }
    if (gone > 0) {
      this.#drop(gone);
      this.#runs = undefined;
    }
    return gone;
  }

  #drop(count: number): void {
    const dropped = new Set(this.#entries.slice(0, count).map(({ line }) => line.hash));
    this.#entries = this.#entries.slice(count).map((entry) => (dropped.has(entry.line.hash) ? { ...entry, isAgain: true } : entry));
    for (const hash of dropped) this.#dropped.add(hash);
    for (const hash of this.#dropped) {
      if (this.#dropped.size <= MAX_DROPPED) break;
      this.#dropped.delete(hash);
    }
  }

  #read(raw: RawLine): Alert | MalformedLine {
    const line = raw.kind === "line" ? readAlert(raw.bytes, this.#timezone) : overlongLine(raw.hash, raw.length);
    if (line.kind === "alert" || raw.number === undefined) return line;
    return { ...line, problem: `Line ${String(raw.number)}: ${line.problem}` };
  }

  /** Removes a line of an earlier version of the file from its old position. */
  #takeOut(hash: string): WindowEntry | undefined {
    const index = this.#entries.findIndex((entry) => entry.generation < this.#generation && entry.line.hash === hash);
    return index < 0 ? undefined : this.#entries.splice(index, 1)[0];
  }
}
