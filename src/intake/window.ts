import { overlongLine, readAlert } from "./alert.ts";
import type { Alert, MalformedLine } from "./alert.ts";
import { runSpanMs, runsOf } from "./batch.ts";
import type { Entry, Run } from "./batch.ts";
import type { Passage } from "./cursor.ts";
import type { RawLine } from "./line-splitter.ts";

/** Lines kept in memory at most; a run has at most 500, and older runs only matter as what came before. */
const MAX_ENTRIES = 2_000;

interface WindowEntry extends Entry {
  readonly generation: number;
  /** Found when looking through the file's end, not appended before our eyes. */
  readonly scanned: boolean;
  /** How far our clock was ahead of the broker's when `arrivedAt` was read from it. */
  readonly aheadMs: number;
}

/**
 * The lines that can still matter, in the order in which they were written. When the file is replaced or
 * rewritten, lines that stand in the new content too take their new place; those that do not stay in
 * front of it, so that a run whose legs are spread over both is not torn.
 */
export class LineWindow {
  readonly #timezone: string;
  readonly #maxSpanMs: number;
  #entries: WindowEntry[] = [];
  #generation = 0;

  /**
   * @param timezone IANA name in which stamps without an offset are read.
   * @param maxAgeSeconds the stamps of one run lie at most so far apart.
   */
  constructor(timezone: string, maxAgeSeconds: number) {
    this.#timezone = timezone;
    this.#maxSpanMs = runSpanMs(maxAgeSeconds);
  }

  /**
   * Takes newly read lines.
   * @param firstSeen when lines of these hashes were first seen by an earlier look or process.
   * @param clock what our clock says now, and how far it is ahead of the broker's as far as is known.
   */
  admit(
    passages: readonly Passage[],
    firstSeen: (hashes: readonly string[]) => ReadonlyMap<string, number>,
    clock?: { readonly now: number; readonly aheadMs: number },
  ): void {
    for (const { generation, scanned, lines: raw, arrivedAt } of passages) {
      this.#generation = Math.max(this.#generation, generation);
      const lines = raw.slice(-MAX_ENTRIES).map((line) => this.#read(line));
      const seen = firstSeen(lines.map(({ hash }) => hash));
      for (const line of lines) {
        const before = this.#takeOut(line.hash);
        const first = Math.min(arrivedAt, before?.arrivedAt ?? Infinity, seen.get(line.hash) ?? Infinity);
        this.#entries.push({ line, arrivedAt: first, generation, scanned, aheadMs: first === clock?.now ? clock.aheadMs : 0 });
      }
    }
    this.#entries = this.#entries.slice(-MAX_ENTRIES);
  }

  /** Our clock is right again: what was read from it while it was wrong is put right. */
  correctArrivals(): void {
    this.#entries = this.#entries.map((entry) => ({ ...entry, arrivedAt: entry.arrivedAt - entry.aheadMs, aheadMs: 0 }));
  }

  runs(): Run[] {
    return runsOf(this.#entries, this.#maxSpanMs);
  }

  /**
   * Drops the runs in front that are too old to matter; the newest always stays.
   * @param freshFrom milliseconds since the epoch; older stamps cannot be fresh.
   * @param onlyScanned leave lines that were appended before our eyes: each of them gets a verdict.
   * @returns how many lines went.
   */
  dropBefore(freshFrom: number, onlyScanned: boolean): number {
    let gone = 0;
    for (const run of this.runs().slice(0, -1)) {
      if (run.newestStamp !== undefined && run.newestStamp >= freshFrom) break;
      if (onlyScanned && this.#entries.slice(gone, gone + run.entries.length).some(({ scanned }) => !scanned)) break;
      gone += run.entries.length;
    }
    this.#entries = this.#entries.slice(gone);
    return gone;
  }

  #read(raw: RawLine): Alert | MalformedLine {
    const line = raw.kind === "line" ? readAlert(raw.bytes, this.#timezone) : overlongLine(raw.hash, raw.length);
    if (line.kind === "alert" || raw.number === undefined) return line;
    return { ...line, problem: `Line ${String(raw.number)}: ${line.problem}` };
  }

  /** Takes a line of an earlier content of the file out of its old place. */
  #takeOut(hash: string): WindowEntry | undefined {
    const index = this.#entries.findIndex((entry) => entry.generation < this.#generation && entry.line.hash === hash);
    return index < 0 ? undefined : this.#entries.splice(index, 1)[0];
  }
}
