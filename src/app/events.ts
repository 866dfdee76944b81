import type { Account, Position } from "../domain/broker.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { Signal } from "../domain/signal.ts";
import type { NotExecuted, Verdict } from "../domain/verdict.ts";
import type { ExecutionEvent } from "../execution/events.ts";
import type { Conclusion } from "../execution/outcome/outcome.ts";

/**
 * Everything that can be observed while the program runs. Intake and account engine emit events; the log, the
 * decision record, the trade log, notifications, the supervisor, the dashboard's state and the terminal receive it.
 */
export type TraderEvent =
  | ExecutionEvent
  /** All watchers are running and every file has been read once; the account may not have been read yet. */
  | { readonly kind: "watching" }
  | { readonly kind: "account"; readonly account: Account; readonly positions: readonly Position[] }
  /** From now on alerts are traded. */
  | { readonly kind: "ready" }
  /** A verdict on lines of an alerts file. */
  | { readonly kind: "verdict"; readonly verdict: Verdict; readonly subject: string; readonly signalId: string | undefined }
  /** A complete fresh run was added to the inbox. `again`: it was already the last one added. */
  | { readonly kind: "offered"; readonly signal: Signal; readonly again: boolean }
  | { readonly kind: "executing"; readonly signal: Signal }
  /** A run is not executed, or not yet. `again`: same verdict as last time. */
  | { readonly kind: "not-executed"; readonly what: NotExecuted; readonly origin: "intake" | "engine"; readonly again: boolean }
  /** An execution left open by an earlier process is being finished. */
  | { readonly kind: "recovering"; readonly execution: ExecutionRecord }
  | { readonly kind: "concluded"; readonly execution: ExecutionRecord; readonly conclusion: Conclusion }
  /** Trading was halted, or the halt was lifted. */
  | { readonly kind: "halt-changed"; readonly reason: string | undefined };
