import { readSync } from "node:fs";

/** Bytes read at a time. */
export const CHUNK_BYTES = 65_536;
/** Maximum part of a file's end that is scanned; holds thousands of lines, and a run has about three. */
export const MAX_TAIL_BYTES = 1_048_576;
/** Number of lines per chunk whose stamp is parsed; a garbage file must not delay the start. */
const MAX_TRIES = 16;

const NEWLINE = 0x0a;

export interface TailSearch {
  /** Reads what is available at a position, up to {@link CHUNK_BYTES}. */
  readonly read: (position: number, length: number) => Buffer;
  /** The stamp of a complete line, if it has one; milliseconds since the epoch. */
  readonly stampOf: (line: Buffer) => number | undefined;
  /** Lines stamped before this cannot be fresh any more; milliseconds since the epoch. */
  readonly freshFrom: number;
  /** Maximum distance between the stamps of one run; the newest run is read completely even when it is old. */
  readonly runSpanMs: number;
}

/**
 * Scans backwards from `end`, chunk by chunk, for a start position that covers every line that can still
 * be fresh and every line of the newest run. Reads at most {@link MAX_TAIL_BYTES}, so a file of any size
 * costs the same.
 * @param from where reading would start without this limit.
 * @returns the start of a line, or a byte inside a line longer than the limit.
 */
export function tailStart(search: TailSearch, from: number, end: number): number {
  let newestStamp: number | undefined;
  let best: number | undefined;
  let position = end;
  while (position > from && end - position < MAX_TAIL_BYTES) {
    const length = Math.min(CHUNK_BYTES, position - from);
    position -= length;
    const chunk = search.read(position, length);
    const lines = linesOf(chunk, position, position === from);
    best = lines[0]?.position ?? best;
    newestStamp ??= firstStamp(lines.toReversed(), search);
    const oldest = firstStamp(lines, search);
    if (
      best !== undefined &&
      oldest !== undefined &&
      newestStamp !== undefined &&
      oldest < Math.min(search.freshFrom, newestStamp - search.runSpanMs)
    )
      return best;
  }
  return position <= from ? from : (best ?? position);
}

function firstStamp(lines: readonly PlacedLine[], search: TailSearch): number | undefined {
  for (const { bytes } of lines.slice(0, MAX_TRIES)) {
    const stamp = search.stampOf(bytes);
    if (stamp !== undefined) return stamp;
  }
  return undefined;
}

interface PlacedLine {
  readonly position: number;
  readonly bytes: Buffer;
}

function linesOf(chunk: Buffer, position: number, startsLine: boolean): PlacedLine[] {
  const lines: PlacedLine[] = [];
  let start = startsLine ? 0 : chunk.indexOf(NEWLINE) + 1;
  if (!startsLine && start === 0) return lines;
  for (let end = chunk.indexOf(NEWLINE, start); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
    lines.push({ position: position + start, bytes: chunk.subarray(start, end) });
    start = end + 1;
  }
  return lines;
}

/** Reads up to `length` bytes at `position` of an open file; fewer at the end of the file. */
export function readAt(descriptor: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(descriptor, buffer, filled, length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}
