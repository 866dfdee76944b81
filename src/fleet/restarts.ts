import type { Clock } from "../domain/clock.ts";
import { TraderError } from "../domain/errors.ts";

/** An account that fails again and again is left alone; the others go on. What may pass by itself, as a full disk, does not count. */
const MOST_FAILURES = 3;
/** After this long without a failure, earlier ones no longer count. */
const RECOVERED_MS = 3_600_000;
const RESTART_MS = 5_000;

export interface RestartParts {
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  readonly stopping: AbortSignal;
  /** Another start would fail in the same way. Default: it might not. */
  readonly isLasting?: (error: unknown) => boolean;
  /** @param isLast it is not started again. */
  readonly failed: (error: unknown, isLast: boolean) => void;
}

/** Starts the work of one account again after each failure, with a pause, until it was set aside. Never throws. */
export async function withRestarts(
  work: () => Promise<void>,
  { clock, stopping, failed, isLasting = () => false }: RestartParts,
): Promise<"stopped" | "set-aside"> {
  let failures = 0;
  while (!stopping.aborted) {
    const startedAt = clock.monotonic();
    try {
      await work();
    } catch (error) {
      if (clock.monotonic() - startedAt >= RECOVERED_MS) failures = 0;
      if (!(error instanceof TraderError && error.retryable)) failures += 1;
      if (isLasting(error)) failures = MOST_FAILURES;
      failed(error, failures >= MOST_FAILURES);
      if (failures >= MOST_FAILURES) return "set-aside";
      await clock.sleep(RESTART_MS, stopping);
    }
  }
  return "stopped";
}
