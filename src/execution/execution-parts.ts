import type { AccountSettings } from "../accounts/account-guard.ts";
import type { Broker } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import type { ExecutionSettings } from "../domain/execution-style.ts";
import type { InboxView } from "../domain/inbox.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { StrategyShare } from "../domain/strategy-target.ts";
import type { LimitSettings } from "../portfolio/limits.ts";
import type { PlanSettings } from "../portfolio/plan.ts";
import type { ExecutionEvent } from "./events.ts";
import type { SharedOrderStream } from "./orders/shared-stream.ts";
import type { AssetCache } from "./preparation/account-snapshot.ts";
import type { SplitWatch } from "./preparation/split-watch.ts";

/** What every step of an account's executions works with. A step that needs only some of it takes a `Pick` of this. */
export interface ExecutionParts {
  readonly broker: Broker;
  readonly stream: SharedOrderStream;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly assets: AssetCache;
  readonly splits: SplitWatch;
  readonly account: AccountSettings;
  readonly settings: PlanSettings;
  /** Not checked again for an execution that has begun, except for a newer run that would replace it (R28). */
  readonly limits: LimitSettings;
  readonly execution: ExecutionSettings;
  /** The strategies that share the account. Default: only the signal's own. */
  readonly strategies?: readonly StrategyShare[];
  readonly signalMaxAgeSeconds: number;
  readonly orderTimeoutSeconds: number;
  readonly executionDeadlineSeconds: number;
  /** When this process began to trade, monotonic. */
  readonly startedAt: number;
  /** Why trading is halted; `undefined` when it is not (R25). */
  readonly halted: () => string | undefined;
  /** Aborted when the process is asked to stop: requests in flight are awaited, nothing new starts. */
  readonly stopping: AbortSignal;
  /** The runs behind the current one (R6, R22). */
  readonly inbox: InboxView;
  readonly emit: (event: ExecutionEvent) => void;
}
