import type { RebalanceTarget } from "../rebalance-target.ts";

/** Executions, from their start to their recorded end. */
export interface ExecutionStore {
  createExecution(execution: NewExecution): void;
  execution(id: string): ExecutionRecord | undefined;
  /** Oldest first. */
  executionsOfSignal(signalId: string): ExecutionRecord[];
  /** The newest execution of a signal. */
  executionOfSignal(signalId: string): ExecutionRecord | undefined;
  /** How many executions there are of a signal. */
  executionCount(signalId: string): number;
  /** Not finished ones, oldest first. */
  openExecutions(): ExecutionRecord[];
  /** Newest first. */
  recentExecutions(limit: number): ExecutionRecord[];
  /** Started at or after `at`, oldest first. */
  executionsSince(at: number): ExecutionRecord[];
  updateExecution(id: string, change: ExecutionChange): void;
}

/** R15. `cancelling`: nothing more is sent; open orders are being ended. */
export type ExecutionPhase = "planning" | "selling" | "buying" | "cancelling" | "settled";

export type ExecutionOutcome =
  | "on-target"
  /** Finished, but something is left for a reason that is not an on-target one. */
  | "off-target"
  /** Stopped before its end: halted, time-outs, deadline, a foreign hand. */
  | "incomplete"
  /** Off-hours orders wait for the open (R23). */
  | "queued"
  /** Ended before any order was sent. */
  | "refused"
  /** Never begun and replaced by a newer run (R22). */
  | "superseded";

/** What each outcome means, for people. */
export const OUTCOME_MEANINGS: Record<ExecutionOutcome, string> = {
  "on-target": "Every symbol was traded to plan, or left alone for a reason that counts as on target.",
  "off-target": "It went to its end, but something was refused by the venue for good, or left alone for another reason that lasts.",
  incomplete:
    "It was stopped before it reached its target: the deadline or the session passed, trading was halted, or somebody else's order came up.",
  queued: "Its orders wait at the venue for the next open.",
  refused: "It ended before any order was sent.",
  superseded: "A newer run took its place before any order was sent.",
};

export interface NewExecution {
  readonly id: string;
  readonly signalId: string;
  readonly accountNumber: string;
  readonly mode: string;
  readonly wanted: RebalanceTarget;
  readonly startedAt: number;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly offHours: boolean;
}

export interface ExecutionRecord extends NewExecution {
  readonly phase: ExecutionPhase;
  /** When the broker was first known to hold an order of it (R17). */
  readonly begunAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly outcome: ExecutionOutcome | undefined;
  readonly outcomeReason: string | undefined;
  /** JSON values, written by execution/, read by reporting/. */
  readonly accountBefore: unknown;
  readonly accountAfter: unknown;
  readonly plan: unknown;
}

export interface ExecutionChange {
  readonly phase?: ExecutionPhase;
  readonly deadline?: number;
  readonly begunAt?: number;
  readonly finishedAt?: number;
  readonly outcome?: ExecutionOutcome;
  readonly outcomeReason?: string;
  readonly accountBefore?: unknown;
  readonly accountAfter?: unknown;
  readonly plan?: unknown;
}
