import { RecurringWarnings } from "../../logging/recurring.ts";
import type { Clock } from "../../domain/clock.ts";
import { TraderError } from "../../domain/errors.ts";
import { formatDuration } from "../../domain/time-format.ts";
import type { Log } from "../../logging/logger.ts";
import { StoreUnreachable } from "./ports.ts";

/** Every request of a worker, and every offer of an intake that has lines, comes again within ten seconds. */
const QUIET_MS = 15_000;

/** Failures of the fleet's database, as the daemon logs an outage of the venue: first, every ten minutes, and when it is over. */
export function databaseOutage(log: Log, clock: Pick<Clock, "monotonic" | "after">, regained: string): RecurringWarnings {
  return new RecurringWarnings(log, clock, {
    level: "error",
    quietMs: QUIET_MS,
    over: (lasted, failures) =>
      `The fleet's database answers again: nothing has failed for ${formatDuration(QUIET_MS)}; ${regained}. ` +
      `It lasted ${lasted} (${String(failures)} ${failures === 1 ? "failure" : "failures"}).`,
  });
}

/** What a failure means for a worker; only the database itself can say what else helps. */
export function hintOf(error: unknown): string | undefined {
  if (error instanceof StoreUnreachable) return "Nothing is begun, and no order is sent, until it answers again.";
  return error instanceof TraderError ? error.hint : undefined;
}
