import { statSync, type BigIntStats } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../domain/clock.ts";

/** Why new alerts may never be seen. */
export interface FileLoss {
  /** `replaced`: our path leads to a deleted file or directory, for good. `gone`: the file may come back. */
  readonly kind: "replaced" | "gone";
  /** One sentence for a person. */
  readonly reason: string;
  readonly hint: string;
}

/** What is at the path. */
export interface Sight {
  /** `undefined` when missing. */
  readonly file: Pick<BigIntStats, "nlink"> | undefined;
  /** The file's directory; read only when the file is missing. */
  readonly directory: () => Pick<BigIntStats, "nlink"> | undefined;
}

/** A check during a rename may find the old file without a link. */
const REPLACED_AFTER_MS = 3_000;
/** Writers that delete the file and write a new one need at most a few seconds. */
const GONE_AFTER_MS = 60_000;

/** Detects that the path no longer leads to the file, once that has lasted. A file that never existed is simply awaited. */
export class FileLossWatch {
  readonly #file: string;
  readonly #clock: Pick<Clock, "monotonic">;
  #wasThere = false;
  #since: { readonly kind: FileLoss["kind"]; readonly at: number } | undefined;
  #loss: FileLoss | undefined;

  constructor(file: string, clock: Pick<Clock, "monotonic">) {
    this.#file = file;
    this.#clock = clock;
  }

  get loss(): FileLoss | undefined {
    if (this.#loss === undefined || this.#since === undefined) return undefined;
    const limit = this.#since.kind === "replaced" ? REPLACED_AFTER_MS : GONE_AFTER_MS;
    return this.#clock.monotonic() - this.#since.at >= limit ? this.#loss : undefined;
  }

  saw(sight: Sight): void {
    this.#wasThere ||= sight.file !== undefined;
    this.#loss = this.#wasThere ? lossOf(this.#file, sight) : undefined;
    if (this.#loss?.kind === this.#since?.kind) return;
    this.#since = this.#loss === undefined ? undefined : { kind: this.#loss.kind, at: this.#clock.monotonic() };
  }
}

/** A mount keeps pointing to the original file or directory, even when it was replaced on the host. */
function lossOf(file: string, sight: Sight): FileLoss | undefined {
  if (sight.file !== undefined) return sight.file.nlink === 0n ? replaced(file, `${file} was mounted alone, and`) : undefined;
  const directory = sight.directory();
  if (directory?.nlink === 0n) return replaced(file, `The directory of ${file}`);
  const what = directory === undefined ? "and its directory are" : "is";
  return {
    kind: "gone",
    reason: `${file} ${what} gone: it existed before, and no alert can be read until it exists again.`,
    hint: "Find out what deleted or unmounted it. Reading resumes as soon as the file exists again.",
  };
}

function replaced(file: string, what: string): FileLoss {
  return {
    kind: "replaced",
    reason: `${what} has been replaced or deleted outside: no new alert can be read.`,
    hint: `Mount the directory ${dirname(file)} instead of the file, and restart the container or service.`,
  };
}

export function directoryOf(file: string): BigIntStats | undefined {
  try {
    return statSync(dirname(file), { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
