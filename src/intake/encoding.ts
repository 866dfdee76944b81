import { isUtf8 } from "node:buffer";
import { excerpt } from "./json-line.ts";

const HOW = 'Write the file as UTF-8: encoding="utf-8" in Python, -Encoding utf8 in PowerShell.';
const EXCERPT_BEFORE = 24;

/** Why and where the bytes are not UTF-8; `undefined` when they are. @param text the bytes decoded as UTF-8. */
export function encodingProblem(bytes: Buffer, text: string): string | undefined {
  if (isUtf16(bytes)) return `The line is UTF-16 text. ${HOW}`;
  if (isUtf8(bytes)) return undefined;
  const index = firstForeign(text, bytes);
  const byte = bytes[Buffer.byteLength(text.slice(0, index))] ?? 0;
  const near = text.slice(Math.max(0, index - EXCERPT_BEFORE));
  return `The line is not valid UTF-8 text: column ${String(index + 1)} has the byte 0x${byte.toString(16).padStart(2, "0")}, in ${excerpt(near)}. ${HOW}`;
}

/** Each invalid byte is decoded as a replacement character, which may also occur in the text itself. */
function firstForeign(text: string, bytes: Buffer): number {
  for (let index = text.indexOf("\uFFFD"); index >= 0; index = text.indexOf("\uFFFD", index + 1)) {
    const at = Buffer.byteLength(text.slice(0, index));
    if (!bytes.subarray(at, at + 3).equals(Buffer.from("\uFFFD"))) return index;
  }
  return 0;
}

/** In UTF-16 every other byte of Latin letters is zero. */
function isUtf16(bytes: Buffer): boolean {
  const mark = bytes.length >= 2 ? bytes.readUInt16BE(0) : 0;
  if (mark === 0xfffe || mark === 0xfeff) return true;
  return bytes.filter((byte) => byte === 0).length > bytes.length / 4;
}
