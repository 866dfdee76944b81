import type { Clock } from "../domain/clock.ts";

/** A cached answer: one request serves all waiting readers, and the answer is reused while it is fresh enough. */
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

  /** The last answer, however old; `undefined` before the first one. */
  get last(): Answer | undefined {
    return this.#known?.answer;
  }

  /**
   * @param maxAgeMs an older answer is requested again.
   * @throws the request's error; then nothing is cached.
   */
  get(maxAgeMs: number): Promise<Answer> {
    const known = this.#known;
    if (known !== undefined && this.#clock.monotonic() - known.at <= maxAgeMs) return Promise.resolve(known.answer);
    this.#asking ??= this.#askOnce(this.#epoch);
    return this.#asking;
  }

  /** The cached answer, and any request in progress, is out of date. */
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
