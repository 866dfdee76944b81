import type { Clock } from "../domain/clock.ts";

/** An answer that is asked for once, however many wait for it, and given again while it is young enough. */
export class Remembered<Answer> {
  readonly #clock: Clock;
  readonly #ask: () => Promise<Answer>;
  #known: { readonly answer: Answer; readonly at: number } | undefined;
  #asking: Promise<Answer> | undefined;
  #epoch = 0;

  constructor(clock: Clock, ask: () => Promise<Answer>) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** What was last answered, however old; `undefined` before the first answer. */
  get last(): Answer | undefined {
    return this.#known?.answer;
  }

  /**
   * @param maxAgeMs an answer older than this is asked for again.
   * @throws what asking throws; nothing is remembered then.
   */
  get(maxAgeMs: number): Promise<Answer> {
    const known = this.#known;
    if (known !== undefined && this.#clock.monotonic() - known.at <= maxAgeMs) return Promise.resolve(known.answer);
    this.#asking ??= this.#askOnce(this.#epoch);
    return this.#asking;
  }

  /** What is known is out of date, and so is what is being asked for right now. */
  forget(): void {
    this.#epoch += 1;
    this.#known = undefined;
    this.#asking = undefined;
  }

  async #askOnce(epoch: number): Promise<Answer> {
    try {
      const answer = await this.#ask();
      if (epoch === this.#epoch) this.#known = { answer, at: this.#clock.monotonic() };
      return answer;
    } finally {
      if (epoch === this.#epoch) this.#asking = undefined;
    }
  }
}
