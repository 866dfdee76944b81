import { sleepOn, type Clock, type Timer } from "./clock.ts";

interface Entry {
  at: number;
  order: number;
  run: () => void;
}

/**
 * A clock that moves only when told to: for tests, simulations and back-tests. Timers fire in the
 * order of their due time, and of their creation where that is equal, so a run is reproducible.
 */
export class VirtualClock implements Clock {
  #elapsed = 0;
  #offset: number;
  #order = 0;
  #entries: Entry[] = [];

  readonly #settle: () => Promise<void>;

  /**
   * @param startMs wall-clock time at the start, milliseconds since the epoch.
   * @param settle what is awaited after every timer. Default: a whole turn of the event loop, for answers that
   *   come through it. Where all of them are promises, `promisesSettled` is enough and costs less.
   */
  constructor(startMs: number, settle: () => Promise<void> = turnOver) {
    this.#offset = startMs;
    this.#settle = settle;
  }

  now(): number {
    return this.#offset + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(delayMs: number, run: () => void): Timer {
    const entry: Entry = { at: this.#elapsed + Math.max(0, delayMs), order: this.#order++, run };
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#entries[middle];
      if (other !== undefined && (other.at < entry.at || (other.at === entry.at && other.order < entry.order))) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, entry);
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

  /** Steps the wall clock (as NTP or an owner would) without letting time pass. */
  step(byMs: number): void {
    this.#offset += byMs;
  }

  /** How many timers are pending. */
  get pending(): number {
    return this.#entries.length;
  }

  /** Moves to the next timer and fires it; false when there is none. Does not run microtasks. */
  fireNext(): boolean {
    const entry = this.#entries.shift();
    if (entry === undefined) return false;
    this.#elapsed = Math.max(this.#elapsed, entry.at);
    entry.run();
    return true;
  }

  /** Lets `ms` pass, firing what falls due, and lets promises settle after every timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await this.#settle();
    for (let next = this.#entries[0]; next !== undefined && next.at <= end; next = this.#entries[0]) {
      this.fireNext();
      await this.#settle();
    }
    this.#elapsed = Math.max(this.#elapsed, end);
  }

  /**
   * Fires timers until `work` has settled, and returns its result.
   * @throws when `work` still waits but no timer is left, or after `limitMs` of virtual time.
   */
  async until<T>(work: Promise<T>, limitMs = 24 * 3_600_000): Promise<T> {
    const state = { settled: false };
    const finished = work.finally(() => {
      state.settled = true;
    });
    finished.catch(() => undefined);
    const isSettled = (): boolean => state.settled;
    const end = this.#elapsed + limitMs;
    await this.#settle();
    while (!isSettled()) {
      if (this.#elapsed > end) throw new Error(`Not finished after ${String(limitMs)} ms of virtual time.`);
      if (!this.fireNext()) await this.#settleWithoutTimers(isSettled);
      await this.#settle();
    }
    return finished;
  }

  /** Answers that need several turns of the event loop may still come although no timer is pending. */
  async #settleWithoutTimers(isSettled: () => boolean): Promise<void> {
    for (let turn = 0; turn < 20 && !isSettled() && this.#entries.length === 0; turn += 1) await this.#settle();
    if (!isSettled() && this.#entries.length === 0) throw new Error("Waiting, but no timer is pending.");
  }
}

/** Every promise that can settle without the event loop has settled. */
export function promisesSettled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** One turn of the event loop: every microtask and every finished in-process answer is handled. */
function turnOver(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
