import { readFields } from "./json-line.ts";

/** A writer that has paused this long is not in the middle of a line. */
export const TORN_AFTER_MS = 3_000;

/** The bytes after the last newline of the file. */
export type Rest =
  | { readonly kind: "none" }
  /** A complete object, which counts as a line from `at` on. */
  | { readonly kind: "line"; readonly at: number }
  /** Anything else; reported once, from `at` on. */
  | { readonly kind: "torn"; readonly at: number; readonly text: string };

/** Judges the bytes after the last newline (R7). @param since their arrival; milliseconds since the epoch. */
export function judgeRest(rest: { readonly bytes: Buffer; readonly since: number } | undefined, settleSeconds: number): Rest {
  if (rest === undefined) return { kind: "none" };
  const fields = readFields(rest.bytes.toString("utf8").replace(/^\uFEFF/, ""));
  if (fields.kind === "fields") return { kind: "line", at: rest.since + settleSeconds * 1_000 };
  const { length } = rest.bytes;
  const bytes = length === 1 ? "1 byte follows" : `${length.toLocaleString("en-US")} bytes follow`;
  const text = `${bytes} the last newline of the file: its last line is not finished.`;
  return { kind: "torn", at: rest.since + TORN_AFTER_MS, text };
}
