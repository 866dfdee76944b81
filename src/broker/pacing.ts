import type { Clock, Timer } from "../domain/clock.ts";

/**
 * Alpaca allows 200 requests a minute for an account, whoever sends them. Staying below leaves room
 * for a person's `status` beside the daemon.
 */
const REQUESTS_PER_MINUTE = 180;
/** Of those, what reads may not use up: an order must never wait behind polling. */
const RESERVED_FOR_ORDERS = 30;
/** Beyond those, for cancels alone: after a halt an order must not work on because its cancel waits for the next minute. */
const EXTRA_FOR_CANCELS = 10;
/** When the venue says that no more than this is left, only orders and cancels go out until its reset. */
const VENUE_RESERVE = 10;
const WINDOW_MS = 60_000;
/** The venue counts by the minute, so no true wait is longer; a wrong clock must not stop us for hours. */
const MAX_PAUSE_MS = 60_000;
/** After a 429 that names no moment. */
const DEFAULT_PAUSE_MS = 5_000;
const MIN_PAUSE_MS = 1_000;
/** The reset is given in whole seconds by a clock that is not ours. */
const RESET_MARGIN_MS = 250;
const MAX_WAITING = 500;
/** A shorter wait is told nobody. */
const TOLD_WAIT_MS = 5_000;

/** What goes before what: whoever waits, the first kind is let through first. */
const KINDS = ["cancel", "order", "read"] as const;
export type RequestKind = (typeof KINDS)[number];

/** A request that never left: there was no room for it in the budget within the time it could wait. */
export class PaceExceeded extends Error {
  override readonly name = "PaceExceeded";
  /** Monotonic clock: when there may be room. */
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

/**
 * The gate in front of the transport: at most `perMinute` requests in any 60 seconds and a few cancels more,
 * cancels before orders before reads, and nothing at all while the venue says that its own budget is used up.
 */
export class RequestPace {
  readonly #clock: Clock;
  readonly #perMinute: number;
  readonly #onWait: (waitMs: number) => void;
  /** Monotonic times of what left within the last minute, oldest first. */
  #sent: number[] = [];
  #waiting: Waiter[] = [];
  readonly #pausedUntil: Record<RequestKind, number> = { cancel: 0, order: 0, read: 0 };
  #timer: Timer | undefined;
  /** Until when those outside know that nothing leaves. */
  #toldUntil = 0;
  #closed = false;

  /** @param onWait told once of every wait that is long enough to be wondered at: milliseconds until the next request may leave. */
  constructor(clock: Clock, perMinute = REQUESTS_PER_MINUTE, onWait: (waitMs: number) => void = () => undefined) {
    this.#clock = clock;
    this.#perMinute = perMinute;
    this.#onWait = onWait;
  }

  /**
   * Resolves when one request may leave, at most `maxWaitMs` from now.
   * @throws PaceExceeded when it may not; then nothing was sent.
   */
  enter(kind: RequestKind, maxWaitMs: number): Promise<void> {
    if (this.#closed) return Promise.reject(new PaceExceeded("the connection is closed", Number.POSITIVE_INFINITY));
    if (kind === "read" && this.#waiting.length >= MAX_WAITING)
      return Promise.reject(new PaceExceeded("too many requests are waiting", this.opensAt(kind)));
    return new Promise((resolve, reject) => {
      const limit = this.#clock.after(maxWaitMs, () => this.#giveUp(waiter));
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
      this.#letThrough();
    });
  }

  /** Monotonic time at which a request of this kind may leave, were it alone. */
  opensAt(kind: RequestKind): number {
    return this.#opensAt(kind, this.#clock.monotonic());
  }

  #opensAt(kind: RequestKind, now: number): number {
    this.#sent = this.#sent.filter((at) => at > now - WINDOW_MS);
    const limit = this.#limitOf(kind);
    const oldest = this.#sent[this.#sent.length - limit];
    return Math.max(now, this.#pausedUntil[kind], oldest === undefined ? now : oldest + WINDOW_MS);
  }

  #limitOf(kind: RequestKind): number {
    switch (kind) {
      case "cancel":
        return this.#perMinute + EXTRA_FOR_CANCELS;
      case "order":
        return this.#perMinute;
      case "read":
        return Math.max(1, this.#perMinute - RESERVED_FOR_ORDERS);
    }
  }

  /** Learns from an answer how much the venue still allows. */
  observe(status: number, headers: Headers): void {
    const pauseMs = this.#namedPause(headers);
    if (status === 429) this.#pause(KINDS, Math.max(pauseMs ?? DEFAULT_PAUSE_MS, MIN_PAUSE_MS));
    const remaining = numberIn(headers, "X-RateLimit-Remaining");
    if (remaining === undefined || pauseMs === undefined || remaining > VENUE_RESERVE) return;
    this.#pause(remaining <= 0 ? KINDS : ["read"], pauseMs);
  }

  /** Refuses everyone who still waits. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { refuse } of waiting) refuse(new PaceExceeded("the connection was closed", Number.POSITIVE_INFINITY));
  }

  #namedPause(headers: Headers): number | undefined {
    const retryAfter = numberIn(headers, "Retry-After");
    const reset = numberIn(headers, "X-RateLimit-Reset");
    const pauseMs =
      retryAfter !== undefined ? retryAfter * 1000 : reset !== undefined ? reset * 1000 - this.#clock.now() + RESET_MARGIN_MS : undefined;
    return pauseMs === undefined ? undefined : Math.min(Math.max(0, pauseMs), MAX_PAUSE_MS);
  }

  #pause(kinds: readonly RequestKind[], forMs: number): void {
    const until = this.#clock.monotonic() + forMs;
    for (const kind of kinds) this.#pausedUntil[kind] = Math.max(this.#pausedUntil[kind], until);
    this.#letThrough();
  }

  #giveUp(waiter: Waiter): void {
    this.#waiting = this.#waiting.filter((other) => other !== waiter);
    waiter.refuse(new PaceExceeded("the budget of requests is used up", this.opensAt(waiter.kind)));
    this.#letThrough();
  }

  #letThrough(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const now = this.#clock.monotonic();
      const opensAt = this.#opensAt(next.kind, now);
      if (opensAt > now) {
        this.#timer = this.#clock.after(opensAt - now, () => this.#letThrough());
        this.#tellWait(now, opensAt);
        return;
      }
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#sent.push(now);
      next.release();
    }
  }

  #tellWait(now: number, until: number): void {
    if (until - now < TOLD_WAIT_MS || until <= this.#toldUntil) return;
    this.#toldUntil = until;
    this.#onWait(until - now);
  }

  /** What goes before opens no later, so nothing waits for what comes behind it. */
  #next(): Waiter | undefined {
    for (const kind of KINDS) {
      const waiter = this.#waiting.find((each) => each.kind === kind);
      if (waiter !== undefined) return waiter;
    }
    return undefined;
  }
}

function numberIn(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
