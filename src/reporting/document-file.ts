import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { makeDirectories, obstacleBehind } from "../machine/directory-access.ts";
import { messageOf, TraderError } from "../domain/errors.ts";

/** Readable by our group, like the logs (R30). */
const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Prefix that identifies an earlier document of the same kind. */
export interface DocumentKind {
  /** Name used in messages, such as `report`. */
  readonly name: string;
  readonly mark: string;
}

/**
 * Writes a document atomically: a reader sees the old one or the new one, never half of it. An existing
 * file is replaced only when it is our own earlier document of the same kind; links are not followed.
 * @throws TraderError `document-foreign` when something else is there, `document-unwritable` when it cannot be written.
 */
export function writeDocument(path: string, text: string, kind: DocumentKind): void {
  const file = resolve(path);
  assertReplaceable(file, kind);
  try {
    makeDirectories(dirname(file), DIRECTORY_MODE);
    writeInPlaceOf(file, text);
  } catch (error) {
    throw new TraderError(`Cannot write the ${kind.name} ${file}: ${obstacleBehind(error)?.text ?? messageOf(error)}.`, {
      code: "document-unwritable",
      hint: "Choose a file in a directory that this user may write to, on a disk that is not full.",
      cause: error,
    });
  }
}

function writeInPlaceOf(file: string, text: string): void {
  const draft = `${file}.${randomUUID()}.draft`;
  const descriptor = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE);
  try {
    try {
      fchmodSync(descriptor, FILE_MODE);
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function assertReplaceable(file: string, kind: DocumentKind): void {
  const standing = statOf(file, kind);
  if (standing === undefined) return;
  if (standing.isSymbolicLink()) throw foreign(file, "is a symbolic link", kind);
  if (!standing.isFile()) throw foreign(file, "is not a plain file", kind);
  if (standing.uid !== process.getuid?.()) throw foreign(file, "belongs to another user", kind);
  if (standing.size > 0 && !beginsWith(file, kind.mark)) throw foreign(file, `is not a ${kind.name} of this program`, kind);
}

function statOf(file: string, kind: DocumentKind): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw foreign(file, `cannot be checked (${messageOf(error)})`, kind);
  }
}

function beginsWith(file: string, mark: string): boolean {
  const bytes = Buffer.alloc(Buffer.byteLength(mark));
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    return readSync(descriptor, bytes) === bytes.length && bytes.toString() === mark;
  } catch {
    // A file that cannot be read cannot be verified as ours.
    return false;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function foreign(file: string, what: string, kind: DocumentKind): TraderError {
  return new TraderError(`${file} ${what}, so it was not replaced.`, {
    code: "document-foreign",
    hint: `Choose another file for the ${kind.name}, or remove this one yourself.`,
  });
}
