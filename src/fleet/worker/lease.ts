import type { Clock } from "../../domain/clock.ts";

/**
 * How long after the last accepted heartbeat an order may leave. Two seconds before anybody else gets the account: by then the
 * request has left or will never.
 */
export const LEASE_MS = 8_000;

/**
 * What this machine may still do for an account, by itself and at once: it asks nobody. Both clocks count, because the monotonic
 * one stands still while a machine is suspended, and the other one may be stepped back.
 */
export class Lease {
  readonly #clock: Pick<Clock, "now" | "monotonic">;
  #beat: { readonly now: number; readonly monotonic: number } | undefined;
  #isLost = false;

  constructor(clock: Pick<Clock, "now" | "monotonic">) {
    this.#clock = clock;
  }

  /** To be taken before a heartbeat is sent, and given to {@link renew} once it was accepted. */
  get instant(): { readonly now: number; readonly monotonic: number } {
    return { now: this.#clock.now(), monotonic: this.#clock.monotonic() };
  }

  renew(sentAt: { readonly now: number; readonly monotonic: number }): void {
    this.#beat = sentAt;
  }

  /** Somebody else has the account, or soon will. For good. */
  lose(): void {
    this.#isLost = true;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** Whether an order may leave now. */
  readonly mayLeave = (): boolean => {
    if (this.#isLost || this.#beat === undefined) return false;
    const { now, monotonic } = this.instant;
    return Math.max(now - this.#beat.now, monotonic - this.#beat.monotonic) < LEASE_MS;
  };
}
