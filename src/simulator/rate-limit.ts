import type { Clock } from "../domain/clock.ts";

export const RATE_LIMIT_PER_MINUTE = 200;
const WINDOW_MS = 60_000;

export interface RateLimitState {
  readonly exceeded: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** Counts requests in one-minute windows, as the `X-RateLimit-*` headers describe. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perMinute: number | undefined;
  #windowStart = -Infinity;
  #used = 0;

  /** @param perMinute `undefined` for no limit. */
  constructor(clock: Clock, perMinute: number | undefined) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  take(): RateLimitState {
    if (this.#perMinute === undefined) return { exceeded: false, headers: {} };
    const elapsed = this.#clock.monotonic() - this.#windowStart;
    if (elapsed >= WINDOW_MS) {
      this.#windowStart = this.#clock.monotonic();
      this.#used = 0;
    }
    const exceeded = this.#used >= this.#perMinute;
    if (!exceeded) this.#used++;
    const resetInMs = this.#windowStart + WINDOW_MS - this.#clock.monotonic();
    return {
      exceeded,
      headers: {
        "x-ratelimit-limit": String(this.#perMinute),
        "x-ratelimit-remaining": String(this.#perMinute - this.#used),
        "x-ratelimit-reset": String(Math.ceil((this.#clock.now() + resetInMs) / 1_000)),
      },
    };
  }
}
