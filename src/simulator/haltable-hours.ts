import type { MarketHours } from "./sessions.ts";

/** Market hours that can be interrupted during a session; meanwhile the last price is frozen. */
export class HaltableHours implements MarketHours {
  readonly #hours: MarketHours;
  #haltedSince: number | undefined;

  constructor(hours: MarketHours) {
    this.#hours = hours;
  }

  get endless(): boolean {
    return this.#hours.endless;
  }

  /** @param since start of the interruption; `undefined` ends it. */
  halt(since: number | undefined): void {
    this.#haltedSince = since;
  }

  isOpen(at: number): boolean {
    return !this.#isHalted(at) && this.#hours.isOpen(at);
  }

  nextOpen(at: number): number {
    return this.#hours.nextOpen(at);
  }

  nextClose(at: number): number {
    return this.#hours.nextClose(at);
  }

  lastOpenInstant(at: number): number {
    return this.#hours.lastOpenInstant(this.#isHalted(at) ? (this.#haltedSince ?? at) : at);
  }

  #isHalted(at: number): boolean {
    return this.#haltedSince !== undefined && at >= this.#haltedSince;
  }
}
