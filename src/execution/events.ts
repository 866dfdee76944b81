import type { IntentRecord } from "../domain/ledger.ts";
import type { Plan } from "../portfolio/plan.ts";

/** What can be observed of a rebalance while it runs; also the kinds of its decision record. */
export type RebalanceStep =
  | "snapshot"
  | "plan"
  | "phase"
  | "post"
  | "accepted"
  | "progress"
  | "filled"
  | "ended"
  | "refused"
  | "unknown"
  | "look-up"
  | "cancel"
  | "abandoned"
  | "waiting"
  | "doubt"
  | "finish";

export interface RebalanceEvent {
  readonly kind: RebalanceStep;
  readonly executionId: string;
  readonly signalId: string;
  /** One sentence for a person. */
  readonly text: string;
  /** How loud it is in the log. */
  readonly level: "info" | "warn" | "error" | "debug";
  /** It comes again with every try while the venue cannot be reached: the log says it now and then only. */
  readonly recurs?: true;
  readonly symbol?: string;
  readonly intent?: IntentRecord;
  readonly plan?: Plan;
  /** JSON value with the facts behind it, for the decision record. */
  readonly facts?: unknown;
}
