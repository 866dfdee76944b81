import type { RunningExecution } from "../reporting/dashboard-data.ts";
import type { ExecutionDetail } from "../reporting/execution-detail.ts";

/** An execution in progress with its newest steps. */
export interface LiveExecution extends RunningExecution {
  readonly steps: ExecutionDetail["steps"];
}
