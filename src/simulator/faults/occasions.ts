import type { Random } from "../random.ts";
import type { FaultSettings } from "./settings.ts";

/** Decides which of the matching occasions a fault hits: a share of them, or the nth, up to a maximum. */
export class Occasions {
  seen = 0;
  struck = 0;
  readonly #share: number;
  readonly #nth: number;
  readonly #times: number;
  readonly #random: Random;

  constructor(settings: FaultSettings, random: Random) {
    this.#share = settings.number("share");
    this.#nth = settings.number("nth");
    this.#times = settings.number("times");
    this.#random = random;
  }

  strike(): boolean {
    this.seen++;
    const usedUp = this.#times > 0 && this.struck >= this.#times;
    const strikes = !usedUp && (this.#nth > 0 ? this.seen === this.#nth : this.#share >= 1 || this.#random.next() < this.#share);
    if (strikes) this.struck++;
    return strikes;
  }
}
