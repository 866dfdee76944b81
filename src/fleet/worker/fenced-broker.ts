import type { Broker, CancelAnswer, OrderRequest, SubmitAnswer } from "../../domain/broker.ts";
import type { Clock } from "../../domain/clock.ts";
import { messageOf } from "../../domain/errors.ts";
import { withMethods } from "../shared-market.ts";

/** A barrier takes a millisecond. After this long the order is not sent, and tried again under the same id. */
const BARRIER_WAIT_MS = 1_000;
/** Pause before an order that was held back is tried again. */
const RETRY_MS = 500;

export interface Fence {
  /**
   * Resolves when all that the ledger has committed is kept in the database, under an epoch that is still current.
   * @throws when it is not, or not known to be.
   */
  readonly settled: () => Promise<void>;
  /** Whether an order may leave now, as far as this machine knows. */
  readonly mayLeave: () => boolean;
}

/**
 * A broker that sends an order only after the intent is where a successor finds it. What is held back counts as not sent (R18):
 * the same order goes out later under the same id, from here or from the successor.
 */
export function fenced(broker: Broker, { settled, mayLeave }: Fence, clock: Clock): Broker {
  const notSent = (why: string): SubmitAnswer => ({
    kind: "not-sent",
    message: `Held back: ${why}`,
    retryAt: clock.monotonic() + RETRY_MS,
  });
  return withMethods(broker, {
    async submit(request: OrderRequest): Promise<SubmitAnswer> {
      try {
        await within(clock, settled());
      } catch (error) {
        return notSent(messageOf(error));
      }
      if (!mayLeave()) return notSent("another worker may have this account.");
      return broker.submit(request);
    },
    cancel(orderId: string): Promise<CancelAnswer> {
      // It could cancel an order that the successor has adopted.
      if (mayLeave()) return broker.cancel(orderId);
      return Promise.resolve({ kind: "unknown", message: "Held back: another worker may have this account." });
    },
  });
}

/** @throws what `work` throws, or after a second that it is not done. */
async function within(clock: Clock, work: Promise<void>): Promise<void> {
  const over = new AbortController();
  const late = clock.sleep(BARRIER_WAIT_MS, over.signal).then(() => {
    if (!over.signal.aborted) throw new Error("the fleet's database does not answer.");
  });
  try {
    await Promise.race([work, late]);
  } finally {
    over.abort();
    work.catch(() => undefined);
    late.catch(() => undefined);
  }
}
