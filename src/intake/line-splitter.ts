import { createHash, type Hash } from "node:crypto";
import { MAX_LINE_BYTES } from "./alert.ts";

/** A complete line, without its newline; for a line that is too long only size and hash are kept. */
export type RawLine =
  | { readonly kind: "line"; readonly bytes: Uint8Array; readonly number: number | undefined }
  | { readonly kind: "overlong"; readonly hash: string; readonly length: number; readonly number: number | undefined };

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Splits a stream of bytes into lines. A line counts only once its newline has arrived, so a line split
 * over two writes is returned whole. Never holds more than one line of the allowed length.
 */
export class LineSplitter {
  #held: Buffer[] = [];
  #heldBytes = 0;
  #overlong: { readonly hash: Hash; length: number } | undefined;

  /** Counts from 1; undefined when the number of preceding lines is unknown. */
  #number: number | undefined;

  /** @param firstNumber number of the line that contains the first byte, if known. */
  constructor(firstNumber?: number) {
    this.#number = firstNumber;
  }

  /** Takes the next bytes and returns the lines they complete, without blank ones. */
  take(bytes: Buffer): RawLine[] {
    const lines: RawLine[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#hold(bytes.subarray(start, end));
      const line = this.#finish();
      if (line !== undefined) lines.push(line);
      if (this.#number !== undefined) this.#number += 1;
      start = end + 1;
    }
    this.#hold(bytes.subarray(start));
    return lines;
  }

  /** The bytes after the last newline; undefined when there are only blanks, or too many. */
  get rest(): Buffer | undefined {
    const rest = Buffer.concat(this.#held);
    return isBlank(rest) ? undefined : rest;
  }

  /** Ends the last line without its newline; a newline that follows later only gives a blank line. */
  end(): RawLine | undefined {
    return this.#finish();
  }

  #hold(part: Buffer): void {
    if (part.length === 0) return;
    if (this.#overlong !== undefined) {
      this.#overlong.hash.update(part);
      this.#overlong.length += part.length;
      return;
    }
    // The caller reuses its buffer for the next read.
    this.#held.push(Buffer.from(part));
    this.#heldBytes += part.length;
    // One more byte for the carriage return, which is not part of the line.
    if (this.#heldBytes > MAX_LINE_BYTES + BYTE_ORDER_MARK.length + 1) this.#letGo();
  }

  #letGo(): void {
    const hash = createHash("sha256");
    for (const part of this.#held) hash.update(part);
    this.#overlong = { hash, length: this.#heldBytes };
    this.#held = [];
    this.#heldBytes = 0;
  }

  #finish(): RawLine | undefined {
    const overlong = this.#overlong;
    const bytes = Buffer.concat(this.#held);
    const number = this.#number;
    this.#overlong = undefined;
    this.#held = [];
    this.#heldBytes = 0;
    if (overlong !== undefined) return { kind: "overlong", hash: overlong.hash.digest("hex"), length: overlong.length, number };
    return isBlank(bytes) ? undefined : { kind: "line", bytes, number };
  }
}

/** Blanks, and the `[`, `]` and `,` around the objects of an array with one object per line. */
const NOTHING = Buffer.from(" \t\r[],");

function isBlank(line: Buffer): boolean {
  const text = line.subarray(0, 3).equals(BYTE_ORDER_MARK) ? line.subarray(3) : line;
  return text.every((byte) => NOTHING.includes(byte));
}
