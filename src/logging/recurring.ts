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

export interface OutageWording {
  readonly level: "warn" | "error";
  /** Without a failure for so long, the outage is over. */
  readonly quietMs: number;
  /** What is logged then; `undefined` after a single failure: it needs no second line. */
  readonly over: (lasted: string, failures: number) => string | undefined;
}

const OF_THE_VENUE: OutageWording = {
  level: "warn",
  quietMs: QUIET_MS,
  over: (lasted, failures) =>
    failures === 1
      ? undefined
      : `The outage is over: no request has failed for ${formatDuration(QUIET_MS)}. It lasted ${lasted} (${String(failures)} failures).`,
};

/**
 * Warnings that repeat while the venue, or a fleet's database, cannot be reached: logged at the first failure, then every ten
 * minutes, and once when none of the kind has occurred for 90 s (or what the wording says). The others go to the debug level.
 */
export class RecurringWarnings {
  readonly #log: Log;
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  readonly #wording: OutageWording;
  #trouble: Trouble | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(log: Log, clock: Pick<Clock, "monotonic" | "after">, wording: OutageWording = OF_THE_VENUE) {
    this.#log = log;
    this.#clock = clock;
    this.#wording = wording;
  }

  /** @returns whether it was logged above the debug level. */
  warn(text: string, log: Log = this.#log, hint?: string): boolean {
    const now = this.#clock.monotonic();
    const trouble = (this.#trouble ??= { since: now, last: now, count: 0, nextReminder: now + REMIND_MS });
    trouble.last = now;
    trouble.count += 1;
    this.#timer?.cancel();
    // A process that is ending must not wait for it.
    this.#timer = this.#isClosed ? undefined : this.#clock.after(this.#wording.quietMs, () => this.#end(trouble));
    const isReminder = now >= trouble.nextReminder;
    if (isReminder) trouble.nextReminder = now + REMIND_MS;
    if (trouble.count > 1 && !isReminder) {
      log.debug(text);
      return false;
    }
    const said = isReminder
      ? `Still failing after ${formatDuration(now - trouble.since)} (${String(trouble.count)} failures): ${text}`
      : text;
    log[this.#wording.level](said, ...(hint === undefined ? [] : [{ hint }]));
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#trouble = undefined;
  }

  #end({ since, last, count }: Trouble): void {
    this.#trouble = undefined;
    const over = this.#wording.over(formatDuration(last - since), count);
    if (over !== undefined) this.#log.warn(over);
  }
}
