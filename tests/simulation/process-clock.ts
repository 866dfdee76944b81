import type { Clock, Timer } from "../../src/domain/clock.ts";
import { sleepOn } from "../../src/domain/clock.ts";
import type { VirtualClock } from "../../src/domain/virtual-clock.ts";

/** The machine's clock as one process sees it. After the process's death none of its timers fires. */
export class ProcessClock implements Clock {
  readonly #base: VirtualClock;
  readonly #skew: () => number;
  readonly #timers = new Set<Timer>();
  #dead = false;

  constructor(base: VirtualClock, skew: () => number) {
    this.#base = base;
    this.#skew = skew;
  }

  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#base.now() + this.#skew();
  }

  monotonic(): number {
    return this.#base.monotonic();
  }

  after(delayMs: number, run: () => void): Timer {
    if (this.#dead) return { cancel: () => undefined };
    const timer = this.#base.after(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  die(): void {
    this.#dead = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
