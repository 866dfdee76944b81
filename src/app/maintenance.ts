import type { Broker } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { messageOf } from "../domain/errors.ts";
import { LATE_ORDERS_EVERY_MS, lateIntents, settleLateOrders } from "../execution/orders/late-orders.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { TraderEvent } from "./events.ts";

const SELF_CHECK_MS = 30_000;
const PRUNE_EVERY_MS = 86_400_000;

export interface MaintenanceParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly broker: Broker;
  readonly halted: () => string | undefined;
  /** Throws when the ledger or locks were deleted or replaced while the process runs. */
  readonly selfCheck: () => void;
  /** Deletes old entries of the ledger. */
  readonly prune?: () => void;
  /** Adds work to the account's serial queue. */
  readonly enqueue: (work: () => Promise<void>) => void;
  /** Finishes an open execution. */
  readonly recover: (execution: ExecutionRecord) => Promise<unknown>;
  /** The halt was lifted: runs it held back may be judged again. */
  readonly onResumed: () => void;
  readonly emit: (event: TraderEvent) => void;
}

/** The daemon's work besides trading, once a second: it checks the halt, its ledger and locks, and orders that are still open. */
export class Maintenance {
  readonly #parts: MaintenanceParts;
  #halted: string | undefined;
  #selfCheckAt = 0;
  #lateAt = 0;
  #pruneAt = -Infinity;

  constructor(parts: MaintenanceParts) {
    this.#parts = parts;
    this.#halted = parts.halted();
  }

  /**
   * @param idle whether the daemon is connected and nothing is executing.
   * @throws what `selfCheck` throws.
   */
  tick(idle: boolean): void {
    const now = this.#parts.clock.monotonic();
    this.#watchHalt();
    if (now >= this.#selfCheckAt) {
      this.#selfCheckAt = now + SELF_CHECK_MS;
      this.#parts.selfCheck();
    }
    if (!idle) return;
    if (now >= this.#pruneAt) {
      this.#pruneAt = now + PRUNE_EVERY_MS;
      this.#parts.prune?.();
    }
    if (now < this.#lateAt) return;
    this.#lateAt = now + LATE_ORDERS_EVERY_MS;
    this.#lookAfterOrders();
  }

  /** No execution is open, and no order whose end is not known. */
  get isSettled(): boolean {
    const { ledger } = this.#parts;
    return ledger.openExecutions().length === 0 && lateIntents(ledger).length === 0;
  }

  #watchHalt(): void {
    const halted = this.#parts.halted();
    if (halted === this.#halted) return;
    this.#halted = halted;
    this.#parts.emit({ kind: "halt-changed", reason: halted });
    if (halted === undefined) this.#parts.onResumed();
  }

  /** Orders still open after their execution, and queued ones whose market may have opened. */
  #lookAfterOrders(): void {
    const { ledger, broker, clock, emit, enqueue } = this.#parts;
    const queued = ledger.openExecutions().filter((execution) => execution.outcome === "queued");
    if (queued.length > 0) enqueue(() => this.#adoptQueued(queued));
    if (lateIntents(ledger).length === 0) return;
    enqueue(() =>
      settleLateOrders({
        broker,
        ledger,
        clock,
        say: (level, text, { executionId }) => emit({ kind: "remark", level, text, executionId }),
        sayFailure: (text, { executionId }) => emit({ kind: "remark", level: "warn", recurs: true, text, executionId }),
      }),
    );
  }

  /** R23: orders queued for the open are followed until final once the market has opened. */
  async #adoptQueued(executions: readonly ExecutionRecord[]): Promise<void> {
    try {
      if (!(await this.#parts.broker.marketClock()).isOpen) return;
    } catch (error) {
      const text = `Cannot read whether the market is open: ${messageOf(error)}`;
      this.#parts.emit({ kind: "remark", level: "warn", recurs: true, text });
      return;
    }
    for (const execution of executions) await this.#parts.recover(execution);
  }
}
