import { sleepOn, type Clock, type Timer } from "../domain/clock.ts";

interface Entry {
  readonly at: number;
  readonly run: () => void;
}

/** What a person can do with the time of a venue. */
export interface Steering {
  readonly speed: number;
  /** Moves to a time, milliseconds since the epoch. On the way forward everything happens at its time. */
  moveTo(at: number): void;
  /** Lets time pass at once, in milliseconds. */
  step(byMs: number): void;
  /** Venue time for each unit of real time; 0 stops it. */
  setSpeed(speed: number): void;
}

/** A timer of several weeks overflows; waking up early is harmless. */
const LONGEST_SLEEP_MS = 3_600_000;

/**
 * A clock that runs like another one until it is steered. Its timers follow its own time: they fire in order, and
 * each sees the time for which it was set, however far the clock is moved.
 */
export class SteeredClock implements Clock, Steering {
  readonly #base: Clock;
  readonly #entries: Entry[] = [];
  #speed: number;
  /** Own monotonic time at the base's `#since`. */
  #elapsed = 0;
  #since: number;
  /** Wall-clock time at the own monotonic zero. */
  #offset: number;
  /** While timers fire, time stands still. */
  #isFiring = false;
  #wakeUp: Timer | undefined;

  /** @param start milliseconds since the epoch. Default: now, at the usual speed. */
  constructor(base: Clock, { start = base.now(), speed = 1 }: { start?: number | undefined; speed?: number | undefined } = {}) {
    this.#base = base;
    this.#since = base.monotonic();
    this.#offset = start;
    this.#speed = speed;
  }

  get speed(): number {
    return this.#speed;
  }

  now(): number {
    return Math.floor(this.#offset + this.monotonic());
  }

  monotonic(): number {
    return this.#isFiring ? this.#elapsed : this.#elapsed + (this.#base.monotonic() - this.#since) * this.#speed;
  }

  after(delayMs: number, run: () => void): Timer {
    const entry = { at: this.monotonic() + Math.max(0, delayMs), run };
    const place = this.#entries.findIndex(({ at }) => at > entry.at);
    this.#entries.splice(place < 0 ? this.#entries.length : place, 0, entry);
    this.#arm();
    return {
      cancel: () => {
        const index = this.#entries.indexOf(entry);
        if (index >= 0) this.#entries.splice(index, 1);
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  moveTo(at: number): void {
    const by = at - this.now();
    if (by < 0) this.#offset += by;
    else this.step(by);
  }

  step(byMs: number): void {
    this.#fireUntil(this.monotonic() + byMs);
  }

  setSpeed(speed: number): void {
    this.#stand(this.monotonic());
    this.#speed = speed;
    this.#arm();
  }

  #fireUntil(end: number): void {
    if (this.#isFiring) return;
    this.#isFiring = true;
    for (let next = this.#entries[0]; next !== undefined && next.at <= end; next = this.#entries[0]) {
      this.#entries.shift();
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.run();
    }
    this.#isFiring = false;
    this.#stand(end);
    this.#arm();
  }

  #stand(at: number): void {
    this.#elapsed = at;
    this.#since = this.#base.monotonic();
  }

  #arm(): void {
    if (this.#isFiring) return;
    this.#wakeUp?.cancel();
    this.#wakeUp = undefined;
    const [next] = this.#entries;
    if (next === undefined || this.#speed === 0) return;
    const delay = Math.min(Math.max(0, next.at - this.monotonic()) / this.#speed, LONGEST_SLEEP_MS);
    this.#wakeUp = this.#base.after(delay, () => this.#fireUntil(this.monotonic()));
  }
}
