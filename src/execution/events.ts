import type { IntentRecord } from "../domain/ledger/orders.ts";
import type { Plan } from "../portfolio/plan.ts";

/** What can be observed of a rebalance while it runs; also the kinds of its decision record. */
const REBALANCE_STEPS = [
  "snapshot",
  "plan",
  "phase",
  "post",
  "accepted",
  "progress",
  "filled",
  "ended",
  "refused",
  "unknown",
  "look-up",
  "cancel",
  "abandoned",
  "waiting",
  "doubt",
  "finish",
] as const;
export type RebalanceStep = (typeof REBALANCE_STEPS)[number];

export interface RebalanceEvent {
  readonly kind: RebalanceStep;
  readonly executionId: string;
  readonly signalId: string;
  /** One sentence for a person. */
  readonly text: string;
  /** Log level. */
  readonly level: "info" | "warn" | "error" | "debug";
  /** Repeats with every attempt while the venue is unreachable, so the log limits it. */
  readonly recurs?: true;
  readonly symbol?: string;
  readonly intent?: IntentRecord;
  readonly plan?: Plan;
  /** JSON value with the facts behind it, for the decision record. */
  readonly facts?: unknown;
}

/** A message about the account outside any step of an execution. */
export interface Remark {
  readonly kind: "remark";
  readonly level: "info" | "warn" | "error" | "debug";
  /** One sentence for a person. */
  readonly text: string;
  readonly hint?: string | undefined;
  readonly signalId?: string;
  readonly executionId?: string;
  /** Repeats with every attempt, so the log limits it. */
  readonly recurs?: true;
  /** The owner must see it before anything is traded, wherever the command runs. */
  readonly important?: true;
}

export type ExecutionEvent = RebalanceEvent | Remark;

/** Whether it is a step of an execution. */
export function isRebalanceEvent(event: { readonly kind: string }): event is RebalanceEvent {
  return (REBALANCE_STEPS as readonly string[]).includes(event.kind);
}
