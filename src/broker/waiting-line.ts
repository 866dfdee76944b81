import type { Clock, Timer } from "../domain/clock.ts";

/** Priority: the first kind leaves first. */
export const KINDS = ["cancel", "order", "read"] as const;
export type RequestKind = (typeof KINDS)[number];

/** A request that never left: its time limit passed without room in the budget. */
export class PaceExceeded extends Error {
  override readonly name = "PaceExceeded";
  /** Monotonic time when there may be room. */
  readonly retryAt: number;

  constructor(message: string, retryAt: number) {
    super(message);
    this.retryAt = retryAt;
  }
}

interface Waiter {
  readonly kind: RequestKind;
  readonly release: () => void;
  readonly refuse: (error: PaceExceeded) => void;
}

export interface WaitingLineParts {
  readonly clock: Clock;
  /** Monotonic time at which a request of this kind may leave if no others wait. A higher priority opens no later. */
  readonly opensAt: (kind: RequestKind, now: number) => number;
  /** A request leaves. */
  readonly left: (now: number) => void;
  /** The first in line has to wait. */
  readonly waits: (now: number, until: number) => void;
  /** Why a request did not leave in time. */
  readonly exceeded: string;
}

/** Requests that wait for room in a budget: cancels before orders before reads, each for a limited time. */
export class WaitingLine {
  readonly #parts: WaitingLineParts;
  #waiting: Waiter[] = [];
  #timer: Timer | undefined;
  #closed = false;

  constructor(parts: WaitingLineParts) {
    this.#parts = parts;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves when one request may leave, at most `maxWaitMs` from now.
   * @throws PaceExceeded when it may not; then nothing was sent.
   */
  enter(kind: RequestKind, maxWaitMs: number): Promise<void> {
    if (this.#closed) return Promise.reject(new PaceExceeded("the connection is closed", Number.POSITIVE_INFINITY));
    return new Promise((resolve, reject) => {
      const limit = this.#parts.clock.after(maxWaitMs, () => this.#giveUp(waiter));
      const waiter: Waiter = {
        kind,
        release: () => {
          limit.cancel();
          resolve();
        },
        refuse: (error) => {
          limit.cancel();
          reject(error);
        },
      };
      this.#waiting.push(waiter);
      this.letThrough();
    });
  }

  /** To be called when a request may leave earlier than it seemed. */
  letThrough(): void {
    const { clock, opensAt, left, waits } = this.#parts;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const now = clock.monotonic();
      const at = opensAt(next.kind, now);
      if (at > now) {
        this.#timer = clock.after(at - now, () => this.letThrough());
        waits(now, at);
        return;
      }
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      left(now);
      next.release();
    }
  }

  /** Refuses all waiting requests. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { refuse } of waiting) refuse(new PaceExceeded("the connection was closed", Number.POSITIVE_INFINITY));
  }

  #giveUp(waiter: Waiter): void {
    const { clock, opensAt, exceeded } = this.#parts;
    this.#waiting = this.#waiting.filter((other) => other !== waiter);
    waiter.refuse(new PaceExceeded(exceeded, opensAt(waiter.kind, clock.monotonic())));
    this.letThrough();
  }

  /** A higher priority opens no later, so nothing waits for a lower one. */
  #next(): Waiter | undefined {
    for (const kind of KINDS) {
      const waiter = this.#waiting.find((each) => each.kind === kind);
      if (waiter !== undefined) return waiter;
    }
    return undefined;
  }
}
