import type { Signal } from "./signal.ts";

/** What the execution under way may know of the runs behind it (R6, R22). It reads, and changes nothing. */
export interface InboxView {
  /** Complete runs that wait to be executed, of every strategy, in the order in which they came. */
  readonly waiting: readonly Signal[];
  /** The one among them of the strategy whose run is under way. */
  readonly newer: Signal | undefined;
  /** Aborted when a newer run of that strategy, complete or not, decides in its place as long as it has not begun. */
  readonly overtaken: AbortSignal;
}

/** Where nothing can come after the run under way. */
export const EMPTY_INBOX: InboxView = { waiting: [], newer: undefined, overtaken: new AbortController().signal };
