import type { Clock } from "../domain/clock.ts";
import type { AnswerHeaders } from "./transport.ts";
import { KINDS, PaceExceeded, type RequestKind, WaitingLine } from "./waiting-line.ts";

/**
 * Alpaca allows 200 requests a minute per account, from all programs together. Staying below leaves room for a
 * `status` command while the daemon runs.
 */
const REQUESTS_PER_MINUTE = 180;
/** Reserved from reads: an order must never wait for polling. */
const RESERVED_FOR_ORDERS = 30;
/** Reserved for cancels only: after a halt an open order must not wait for the next minute to be cancelled. */
const EXTRA_FOR_CANCELS = 10;
/** When the venue reports this few requests left, only orders and cancels leave until its reset. */
const VENUE_RESERVE = 10;
const WINDOW_MS = 60_000;
/** The venue counts by the minute, so no real wait is longer; a wrong clock must not stop us for hours. */
const MAX_PAUSE_MS = 60_000;
/** After a 429 without a reset time. */
const DEFAULT_PAUSE_MS = 5_000;
const MIN_PAUSE_MS = 1_000;
/** The reset is in whole seconds of another clock. */
const RESET_MARGIN_MS = 250;
const MAX_WAITING = 500;
/** Shorter waits are not reported. */
const REPORTED_WAIT_MS = 5_000;

/**
 * The gate before the transport: at most `perMinute` requests in any 60 seconds plus a few cancels, cancels before
 * orders before reads, and nothing while the venue reports its own budget used up.
 */
export class RequestPace {
  readonly #clock: Clock;
  readonly #perMinute: number;
  readonly #onWait: (waitMs: number) => void;
  /** Monotonic times of requests sent within the last minute, oldest first. */
  #sent: number[] = [];
  readonly #line: WaitingLine;
  readonly #pausedUntil: Record<RequestKind, number> = { cancel: 0, order: 0, read: 0 };
  /** End of the wait last reported. */
  #reportedUntil = 0;

  /** @param onWait called once for every wait worth reporting, with the milliseconds until the next request may leave. */
  constructor(clock: Clock, perMinute = REQUESTS_PER_MINUTE, onWait: (waitMs: number) => void = () => undefined) {
    this.#clock = clock;
    this.#perMinute = perMinute;
    this.#onWait = onWait;
    this.#line = new WaitingLine({
      clock,
      opensAt: (kind, now) => this.#opensAt(kind, now),
      left: (now) => this.#sent.push(now),
      waits: (now, until) => this.#tellWait(now, until),
      exceeded: "the rate limit is used up",
    });
  }

  /**
   * Resolves when one request may leave, at most `maxWaitMs` from now.
   * @throws PaceExceeded when it may not; then nothing was sent.
   */
  enter(kind: RequestKind, maxWaitMs: number): Promise<void> {
    if (kind === "read" && this.#line.length >= MAX_WAITING)
      return Promise.reject(new PaceExceeded("too many requests are waiting", this.opensAt(kind)));
    return this.#line.enter(kind, maxWaitMs);
  }

  /** Monotonic time at which a request of this kind may leave if no others wait. */
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

  /** Learns the remaining budget from an answer. */
  observe(status: number, headers: AnswerHeaders): void {
    const pauseMs = this.#namedPause(headers);
    if (status === 429) this.#pause(KINDS, Math.max(pauseMs ?? DEFAULT_PAUSE_MS, MIN_PAUSE_MS));
    const remaining = numberIn(headers, "X-RateLimit-Remaining");
    if (remaining === undefined || pauseMs === undefined || remaining > VENUE_RESERVE) return;
    this.#pause(remaining <= 0 ? KINDS : ["read"], pauseMs);
  }

  /** Refuses all waiting requests. */
  close(): void {
    this.#line.close();
  }

  #namedPause(headers: AnswerHeaders): number | undefined {
    const retryAfter = numberIn(headers, "Retry-After");
    const reset = numberIn(headers, "X-RateLimit-Reset");
    const pauseMs =
      retryAfter !== undefined ? retryAfter * 1000 : reset !== undefined ? reset * 1000 - this.#clock.now() + RESET_MARGIN_MS : undefined;
    return pauseMs === undefined ? undefined : Math.min(Math.max(0, pauseMs), MAX_PAUSE_MS);
  }

  #pause(kinds: readonly RequestKind[], forMs: number): void {
    const until = this.#clock.monotonic() + forMs;
    for (const kind of kinds) this.#pausedUntil[kind] = Math.max(this.#pausedUntil[kind], until);
    this.#line.letThrough();
  }

  #tellWait(now: number, until: number): void {
    if (until - now < REPORTED_WAIT_MS || until <= this.#reportedUntil) return;
    this.#reportedUntil = until;
    this.#onWait(until - now);
  }
}

function numberIn(headers: AnswerHeaders, name: string): number | undefined {
  const text = headers.get(name);
  const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
