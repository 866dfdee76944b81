/**
 * Time as a dependency. Nothing else in the program reads the time or sets a timer, so the whole
 * daemon can run in virtual time, and a clock that is stepped cannot stretch or cut a time-out.
 */

/** A pending timer; cancelling one that has fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall-clock time, milliseconds since the epoch. May be stepped by the machine's owner or NTP. */
  now(): number;
  /** Milliseconds since an arbitrary origin; never goes back. For durations and time-outs. */
  monotonic(): number;
  /** Calls `run` once after `delayMs` of monotonic time. */
  after(delayMs: number, run: () => void): Timer;
  /** Resolves after `delayMs`, or at once (without an error) when `signal` is aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** `Clock.sleep` in terms of `Clock.after`, shared by every clock. */
export function sleepOn(clock: Pick<Clock, "after">, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const finish = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = clock.after(delayMs, finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    return {
      cancel: () => clearTimeout(handle),
    };
  },
  sleep: (delayMs, signal) => sleepOn(systemClock, delayMs, signal),
};
