/**
 * What reaches the engine from outside, one at a time: the next comes when everything that follows from the last by
 * promises has happened. Then the order of arrivals says all about a course, which can be repeated exactly. It costs one
 * tick of the process, and no turn of the event loop.
 */
export class Deliveries {
  readonly #waiting: (() => void)[] = [];
  #isBusy = false;

  /** Runs `work` now if nothing else is being worked on. */
  one(work: () => void): void {
    if (this.#isBusy) this.#waiting.push(work);
    else this.#run(work);
  }

  #run(work: () => void): void {
    this.#isBusy = true;
    // A tick requested by a promise's job comes after all of those jobs; one requested here might come before.
    queueMicrotask(() => process.nextTick(() => this.#next()));
    work();
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isBusy = false;
    else this.#run(next);
  }
}
