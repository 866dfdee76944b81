import type { Clock, Timer } from "../../../src/domain/clock.ts";
import { sleepOn } from "../../../src/domain/clock.ts";
import type { VirtualClock } from "../../../src/domain/virtual-clock.ts";

/**
 * One computer: it may die, or stand still and go on later as if nothing had been. While it stands still, none of its timers
 * fires and no answer reaches it; time goes on for it all the same.
 */
export class Machine implements Clock {
  readonly name: string;
  readonly skewMs: number;
  readonly #base: VirtualClock;
  #isDead = false;
  #pausedUntil = 0;

  constructor(name: string, base: VirtualClock, skewMs: number) {
    this.name = name;
    this.#base = base;
    this.skewMs = skewMs;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isPaused(): boolean {
    return this.#base.monotonic() < this.#pausedUntil;
  }

  die(): void {
    this.#isDead = true;
  }

  pause(forMs: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#base.monotonic() + forMs);
  }

  now(): number {
    return this.#base.now() + this.skewMs;
  }

  monotonic(): number {
    return this.#base.monotonic();
  }

  after(delayMs: number, run: () => void): Timer {
    let timer = this.#base.after(delayMs, () => {
      if (this.#isDead) return;
      if (!this.isPaused) run();
      else timer = this.after(this.#pausedUntil - this.#base.monotonic(), run);
    });
    return { cancel: () => timer.cancel() };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** Resolves when the machine goes on; never if it is dead. */
  async awake(): Promise<void> {
    while (this.isPaused && !this.#isDead) await this.#base.sleep(this.#pausedUntil - this.#base.monotonic());
    if (this.#isDead) return new Promise(() => undefined);
  }
}
