import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { TraderError } from "../domain/errors.ts";
import type { StoredRecording } from "../domain/ledger/recordings.ts";
import type { DocumentKind } from "../reporting/document-file.ts";
import { writeDocument } from "../reporting/document-file.ts";
import type { Chunk } from "./chunk.ts";
import { decompressed, tapeOf } from "./chunk.ts";
import type { Tape } from "./tape.ts";

/** Changes when an older version could not read the file, or would read it wrongly. */
const VERSION = 1;
const FORMAT = "alpaca-trader recording";
/** More is no recording of an execution, however it was compressed. */
const LARGEST_BYTES = 64 * 1024 * 1024;
const RECORDING_DOCUMENT: DocumentKind = { name: "recording", mark: `{"format":"${FORMAT}",` };
const AGAIN_HINT = "It was changed or cut off. Write it again with `alpaca-trader replay EXECUTION --to FILE`.";

/** A recording as a file, for a bug report or a test: one JSON object. */
export interface RecordingFile {
  readonly format: typeof FORMAT;
  readonly version: number;
  /** Which version of the program has written the file. */
  readonly program: string;
  readonly execution: string;
  /** One for each process that worked on the execution, oldest first, in chunks. */
  readonly tapes: readonly (readonly Chunk[])[];
}

const json = z.json();
const chunk = z.object({
  values: z.array(json),
  start: json.optional(),
  events: z.array(json),
  cut: z.enum(["stopped", "full"]).optional(),
});
const envelope = z.object({ format: z.literal(FORMAT), version: z.int() });
const recordingFile = envelope.extend({ program: z.string(), execution: z.string(), tapes: z.array(z.array(chunk).min(1)).min(1) });

/** What was recorded, as it is written to a file. @throws TraderError `recording-damaged` */
export function fileOf(execution: string, program: string, stored: readonly StoredRecording[]): RecordingFile {
  const tapes = understood("The recording", () => stored.map(({ parts }) => parts.map((part) => decompressed(part))));
  return { format: FORMAT, version: VERSION, program, execution, tapes };
}

/** The tapes of a recording. @param name what errors call it. @throws TraderError `recording-damaged`, `recording-full` */
export function tapesIn({ tapes }: RecordingFile, name: string): Tape[] {
  const begun = tapes.filter((chunks) => !isOnlyFull(chunks));
  if (tapes.length === 0) throw damaged(name, "it holds nothing");
  if (begun.length === 0) throw full(name);
  const read = understood(name, () => begun.map((chunks) => tapeOf(chunks)));
  return read.map((tape, index) => (index === read.length - 1 && begun.length < tapes.length ? { ...tape, cut: "full" } : tape));
}

/** For the part of this process there was no room at all. */
function isOnlyFull(chunks: readonly Chunk[]): boolean {
  return chunks.every(({ start, events, cut }) => start === undefined && events.length === 0 && cut === "full");
}

/** @throws TraderError when something else is there, or it cannot be written. */
export function writeRecording(file: string, recording: RecordingFile): void {
  writeDocument(file, `${JSON.stringify(recording)}\n`, RECORDING_DOCUMENT);
}

/**
 * @throws TraderError `recording-missing`, `recording-damaged` for what is no recording, and `recording-newer` for one of a
 *   later version.
 */
export function readRecording(file: string): RecordingFile {
  const bytes = contentOf(file);
  const value = understood(file, () => JSON.parse(bytes.toString()) as unknown);
  const about = envelope.safeParse(value);
  if (!about.success) throw damaged(file, "it does not say that it is one");
  if (about.data.version > VERSION)
    throw new TraderError(
      `${file} was written by a newer version of this program (form ${about.data.version}; this one knows ${VERSION}).`,
      {
        code: "recording-newer",
        hint: "Install that version or a newer one, and replay it there.",
      },
    );
  const read = recordingFile.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw damaged(file, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
  }
  return read.data as RecordingFile;
}

/** It may be compressed with gzip, whatever its name. */
function contentOf(file: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new TraderError(`${file} cannot be read: ${(error as Error).message}.`, {
      code: "recording-missing",
      hint: "`replay` takes an execution id, as `alpaca-trader status` and `explain` show it, or a file that it wrote with --to.",
      cause: error,
    });
  }
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return isGzip ? understood(file, () => gunzipSync(bytes, { maxOutputLength: LARGEST_BYTES })) : bytes;
}

function understood<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof TraderError) throw error;
    throw damaged(name, (error as Error).message, error);
  }
}

function full(name: string): TraderError {
  return new TraderError(`${name} is empty: what the execution saw was too much to keep, as on a day with more than 1,000 orders.`, {
    code: "recording-full",
    hint: "`alpaca-trader explain EXECUTION` shows its plan, its orders and its reasons.",
  });
}

function damaged(name: string, why: string, cause?: unknown): TraderError {
  return new TraderError(`${name} is no recording that can be read: ${why.replace(/\.$/, "")}.`, {
    code: "recording-damaged",
    hint: AGAIN_HINT,
    cause,
  });
}
