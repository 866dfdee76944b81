import type { RebalanceEvent } from "../../src/execution/events.ts";
import type { Violation } from "./invariants.ts";
import type { Life } from "./life.ts";

/** A look-up that is under way then may take ten seconds: only its answer tells what there is to cancel. */
const CANCELLED_WITHIN_MS = 15_000;

/** Events that say that an order has worked until now. */
const WORKED_UNTIL: readonly RebalanceEvent["kind"][] = ["progress", "filled", "cancel"];

/** P7: what works when its execution is stopped is cancelled then, and not only when its own time is over. */
export class CancelAudit {
  /** When executions were stopped, on the monotonic clock, by the process that did it. */
  readonly #stoppedAt = new WeakMap<Life, Map<string, number>>();
  /** Orders whose cancel was asked for. */
  readonly #cancelled = new Set<string>();

  onEvent(life: Life, { kind, executionId, intent }: RebalanceEvent): Violation[] {
    if (kind === "phase") this.#onPhase(life, executionId);
    if (intent === undefined || intent.cancelRequestedAt !== undefined || this.#cancelled.has(intent.clientOrderId)) return [];
    if (kind === "cancel") this.#cancelled.add(intent.clientOrderId);
    const stoppedAt = this.#stoppedAt.get(life)?.get(executionId);
    if (stoppedAt === undefined) return [];
    // One that was found only later can be cancelled only then.
    const late = Math.min(life.clock.monotonic() - stoppedAt, life.clock.now() - (intent.acceptedAt ?? Infinity));
    if (!WORKED_UNTIL.includes(kind) || late <= CANCELLED_WITHIN_MS) return [];
    return [{ promise: "P7", text: `${intent.clientOrderId} was left to work for ${String(late)} ms after its execution was stopped.` }];
  }

  #onPhase(life: Life, executionId: string): void {
    if (life.ledger.execution(executionId)?.phase !== "cancelling") return;
    const stopped = this.#stoppedAt.get(life) ?? new Map<string, number>();
    if (!stopped.has(executionId)) stopped.set(executionId, life.clock.monotonic());
    this.#stoppedAt.set(life, stopped);
  }
}
