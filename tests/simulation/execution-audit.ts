import { isOwnOrder } from "../../src/execution/orders/ids.ts";
import { isFinal } from "../../src/domain/verdict.ts";
import type { Ledger } from "../../src/domain/ledger.ts";
import { isOpen } from "../../src/simulator/orders.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import type { Violation } from "./invariants.ts";

/** Orders that outlived their execution are looked at every half minute while nothing else is done. */
const LEARNED_WITHIN_MS = 120_000;
const ENDED_WITHIN_MS = 60_000;
const MOST_EXECUTIONS = 1_000;
const MOST_VERDICTS = 10_000;

/**
 * P5: when everything is over, no execution is left open beyond its deadline, none that had an order says that it never began.
 * @param now by the machine's clock.
 * @param wasSuspended whether the machine slept.
 */
export function auditExecutions(
  ledger: Pick<Ledger, "recentExecutions" | "intentsOf">,
  orders: readonly OrderRecord[],
  now: number,
  wasSuspended: boolean,
): Violation[] {
  return ledger.recentExecutions(MOST_EXECUTIONS).flatMap(({ id, phase, outcome, begunAt, finishedAt, deadline }): Violation[] => {
    // Until its deadline an execution may wait for something to pass (R33), and after it for the end of what it cancels.
    // A deadline is kept by the clock that stops while the machine is suspended.
    const isOver = !wasSuspended && now > deadline + ENDED_WITHIN_MS;
    if (finishedAt === undefined && outcome !== "queued" && isOver)
      return [{ promise: "P5", text: `The execution ${id} is still open, in phase ${phase}.` }];
    const taken = ledger.intentsOf(id).find(({ acceptedAt }) => acceptedAt !== undefined);
    if (taken !== undefined && begunAt === undefined)
      return [{ promise: "P6", text: `The execution ${id} is said never to have begun, but ${taken.clientOrderId} was taken.` }];
    if (outcome !== "refused" && outcome !== "superseded") return [];
    const intent = ledger.intentsOf(id).find(({ clientOrderId }) => orders.some((order) => order.clientOrderId === clientOrderId));
    return intent === undefined
      ? []
      : [{ promise: "P6", text: `The execution ${id} ended ${outcome}, but ${intent.clientOrderId} was taken.` }];
  });
}

/**
 * P6: late truth wins. What has ended at the venue a while ago has ended in the ledger too.
 * @param livesSince since when the process has lived, milliseconds since the epoch of the venue's clock, as `now`.
 */
export function auditLateOrders(
  ledger: Pick<Ledger, "intent">,
  orders: readonly OrderRecord[],
  livesSince: number,
  now: number,
): Violation[] {
  if (now - livesSince < LEARNED_WITHIN_MS) return [];
  return orders.filter(isOwnOrder).flatMap((order): Violation[] => {
    const state = ledger.intent(order.clientOrderId)?.state;
    const followed = state === "open" || state === "abandoned" || state === "unknown" || state === "posting";
    if (!followed || isOpen(order) || now - Date.parse(order.updatedAt) < LEARNED_WITHIN_MS) return [];
    return [{ promise: "P6", text: `${order.clientOrderId}, long ${order.status} at the venue, is still ${state} in the ledger.` }];
  });
}

/** P2: a final verdict is never replaced. */
export function auditFinality(ledger: Pick<Ledger, "recentVerdicts" | "signal">): Violation[] {
  const final = new Map<string, string>();
  return ledger
    .recentVerdicts(MOST_VERDICTS)
    .toReversed()
    .flatMap(({ signalId, verdict }): Violation[] => {
      // What was never a signal has no verdict of its own: a line that came to such a run later is judged alone.
      if (signalId === undefined || ledger.signal(signalId) === undefined) return [];
      const before = final.get(signalId);
      if (before === undefined && isFinal(verdict)) final.set(signalId, verdict);
      return before === undefined || before === verdict
        ? []
        : [{ promise: "P2", text: `The signal ${signalId} was ${before} for good, and then ${verdict}.` }];
    });
}
