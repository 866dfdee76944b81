import type { Clock, Timer } from "../../src/domain/clock.ts";
import { sleepOn, systemClock } from "../../src/domain/clock.ts";

interface Pending {
  readonly dueAt: number;
  readonly run: () => void;
  timer: Timer;
}

/**
 * The machine's clock, with leaps: `skip` lets an idle minute be over at once, so that what is rationed by
 * the minute (requests to the venue) or remembered for a while is as it would be after a real one. Between
 * leaps it runs in real time.
 */
export class SkippingClock implements Clock {
  readonly #pending = new Set<Pending>();
  #skippedMs = 0;

  now(): number {
    return systemClock.now() + this.#skippedMs;
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#skippedMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const pending: Pending = { dueAt: this.monotonic() + delayMs, run, timer: systemClock.after(delayMs, () => this.#fire(pending)) };
    this.#pending.add(pending);
    return {
      cancel: () => {
        pending.timer.cancel();
        this.#pending.delete(pending);
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** Leaps ahead; timers that have come due fire in a moment, in the order of their due times. */
  skip(ms: number): void {
    this.#skippedMs += ms;
    const now = this.monotonic();
    for (const pending of [...this.#pending].sort((one, other) => one.dueAt - other.dueAt)) {
      pending.timer.cancel();
      pending.timer = systemClock.after(Math.max(0, pending.dueAt - now), () => this.#fire(pending));
    }
  }

  #fire(pending: Pending): void {
    this.#pending.delete(pending);
    pending.run();
  }
}
