import type { Account, Position } from "../domain/broker.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { Signal } from "../domain/signal.ts";
import type { NotExecuted, Verdict } from "../domain/verdict.ts";
import type { ExecutionEvent } from "../execution/events.ts";
import type { Conclusion } from "../execution/outcome/outcome.ts";

/**
 * Everything that can be observed of the program at work. Intake and account engine send it one way; the log, the
 * decision record, the trade log, notifications, the supervisor, the dashboard's state and the terminal receive it.
 */
export type TraderEvent =
  | ExecutionEvent
  /** The watchers are up and every file has been looked at once; the account may not have been read yet. */
  | { readonly kind: "watching" }
  | { readonly kind: "account"; readonly account: Account; readonly positions: readonly Position[] }
  /** Alerts are acted upon from now on. */
  | { readonly kind: "ready" }
  /** A verdict on lines of an alerts file. */
  | { readonly kind: "verdict"; readonly verdict: Verdict; readonly subject: string; readonly signalId: string | undefined }
  /** A complete fresh run has been put into the inbox. `again`: it was the last one to be put there already. */
  | { readonly kind: "offered"; readonly signal: Signal; readonly again: boolean }
  | { readonly kind: "executing"; readonly signal: Signal }
  /** A run is not executed, or not for now. `again`: with the same verdict as the last time. */
  | { readonly kind: "not-executed"; readonly what: NotExecuted; readonly origin: "intake" | "engine"; readonly again: boolean }
  /** An execution that an earlier process left open is finished. */
  | { readonly kind: "recovering"; readonly execution: ExecutionRecord }
  | { readonly kind: "concluded"; readonly execution: ExecutionRecord; readonly conclusion: Conclusion }
  /** Trading has been halted, or the halt is over. */
  | { readonly kind: "halt-changed"; readonly reason: string | undefined };
