import type { Clock, Timer } from "../domain/clock.ts";
import type { Log } from "./logger.ts";
import { formatDuration } from "../domain/time-format.ts";

const REMIND_MS = 600_000;
/** Longer than any pause between two requests: an idle daemon reads the venue's clock every minute, and waits up to 20 s for it. */
const QUIET_MS = 90_000;

interface Trouble {
  readonly since: number;
  last: number;
  count: number;
  nextReminder: number;
}

/**
 * Warnings that repeat while the venue cannot be reached: logged at the first failure, then every ten
 * minutes, and once when none of the kind has occurred for 90 s. The others go to the debug level.
 */
export class RecurringWarnings {
  readonly #log: Log;
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  #trouble: Trouble | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(log: Log, clock: Pick<Clock, "monotonic" | "after">) {
    this.#log = log;
    this.#clock = clock;
  }

  /** @returns whether it was logged as a warning. */
  warn(text: string, log: Log = this.#log): boolean {
    const now = this.#clock.monotonic();
    const trouble = (this.#trouble ??= { since: now, last: now, count: 0, nextReminder: now + REMIND_MS });
    trouble.last = now;
    trouble.count += 1;
    this.#timer?.cancel();
    // A process that is ending must not wait for it.
    this.#timer = this.#isClosed ? undefined : this.#clock.after(QUIET_MS, () => this.#end(trouble));
    const isReminder = now >= trouble.nextReminder;
    if (isReminder) trouble.nextReminder = now + REMIND_MS;
    if (trouble.count > 1 && !isReminder) {
      log.debug(text);
      return false;
    }
    log.warn(isReminder ? `Still failing after ${formatDuration(now - trouble.since)} (${String(trouble.count)} failures): ${text}` : text);
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#trouble = undefined;
  }

  /** A single failure that passed needs no second line. */
  #end({ since, last, count }: Trouble): void {
    this.#trouble = undefined;
    if (count > 1)
      this.#log.warn(
        `The outage is over: no request has failed for ${formatDuration(QUIET_MS)}. It lasted ${formatDuration(last - since)} (${String(count)} failures).`,
      );
  }
}
