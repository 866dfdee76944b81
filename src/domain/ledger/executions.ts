import type { ExecutionOutcome, OutcomeCode } from "../outcome.ts";
import type { AccountSummary, PlanSummary } from "./summaries.ts";
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
  /** `undefined` too for one that an earlier version ended. */
  readonly outcomeCode?: OutcomeCode | undefined;
  readonly accountBefore: AccountSummary | undefined;
  readonly accountAfter: AccountSummary | undefined;
  readonly plan: PlanSummary | undefined;
}

/** A time in the session in which it traded: orders queued for the open are filled in the one after its start (R23). */
export function tradedAt({ offHours, startedAt, finishedAt }: Pick<ExecutionRecord, "offHours" | "startedAt" | "finishedAt">): number {
  return offHours ? (finishedAt ?? startedAt) : startedAt;
}

export interface ExecutionChange {
  readonly phase?: ExecutionPhase;
  readonly deadline?: number;
  readonly begunAt?: number;
  readonly finishedAt?: number;
  readonly outcome?: ExecutionOutcome;
  readonly outcomeReason?: string;
  readonly outcomeCode?: OutcomeCode | undefined;
  readonly accountBefore?: AccountSummary | undefined;
  readonly accountAfter?: AccountSummary | undefined;
  readonly plan?: PlanSummary | undefined;
}
