/** Rows of one table of the ledger, as they are stored. */
export interface TableRows {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** What of the ledger an execution of a signal may read. */
export interface SurroundingsQuestion {
  readonly signalId: string;
  /** When it begins, milliseconds since the epoch. */
  readonly at: number;
}

/** The ledger as it was when it was held, whatever is written meanwhile. */
export interface HeldLedger {
  /** The earlier state that an execution can see, without its own. @returns `undefined` on a day with too many orders to keep. */
  surroundings(question: SurroundingsQuestion): TableRows[] | undefined;
  /** Must be called: until then the write-ahead log cannot shrink. */
  close(): void;
}

/** One piece of a recording. */
export interface NewRecordingPart {
  /** `undefined` for the first part of a new recording. */
  readonly recording: number | undefined;
  readonly part: number;
  readonly startedAt: number;
  /** The executions that it shows. */
  readonly executionIds: readonly string[];
  readonly content: Uint8Array;
}

export interface StoredRecording {
  readonly number: number;
  /** Oldest first. */
  readonly parts: readonly Uint8Array[];
}

/** What executions saw, so that they can be replayed. */
export interface Recordings {
  /** The version of the schema that {@link HeldLedger.surroundings} shows. */
  readonly schema: number;
  /** Cheap: nothing is read yet. Not inside a transaction. @throws when the ledger cannot be opened a second time. */
  hold(): HeldLedger;
  /** A power cut may lose it, but only together with what was written after it. @returns the number of the recording. */
  append(part: NewRecordingPart): number;
  /** How many bytes all recordings of an execution take. */
  bytesOf(executionId: string): number;
  /** Oldest first; more than one where a restart divides the execution. */
  of(executionId: string): StoredRecording[];
}
