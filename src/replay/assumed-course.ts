import type { BrokerCall } from "./tape.ts";

/** How long an assumed answer takes, milliseconds. */
const ANSWERED_AFTER_MS = 50;

interface Entry {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

/** Answers requests that no recording can answer. @throws BrokerError as a broker does. */
export type AssumedAnswers = (
  call: BrokerCall,
  args: readonly unknown[],
  now: { readonly monotonic: number; readonly now: number },
) => unknown;

/** Time and answers from where a recording ends on. Time passes only from one timer to the next. */
export class AssumedCourse {
  readonly #answers: AssumedAnswers;
  #entries: Entry[] = [];
  #order = 0;
  #begun: { readonly monotonic: number; readonly now: number } | undefined;
  #monotonic = 0;

  constructor(answers: AssumedAnswers) {
    this.#answers = answers;
  }

  get hasBegun(): boolean {
    return this.#begun !== undefined;
  }

  get monotonic(): number {
    return this.#monotonic;
  }

  get now(): number {
    return this.#begun === undefined ? 0 : this.#begun.now + this.#monotonic - this.#begun.monotonic;
  }

  begin(monotonic: number, now: number): void {
    this.#begun = { monotonic, now };
    this.#monotonic = monotonic;
  }

  /** @param due monotonic. */
  schedule(due: number, run: () => void): void {
    this.#entries.push({ due, order: this.#order++, run });
    this.#entries.sort((one, other) => one.due - other.due || one.order - other.order);
  }

  cancel(run: () => void): void {
    this.#entries = this.#entries.filter((entry) => entry.run !== run);
  }

  answer(call: BrokerCall, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve) => {
      this.schedule(this.#monotonic + ANSWERED_AFTER_MS, () => resolve(Promise.try(() => this.#answers(call, args, this))));
    });
  }

  /** Lets time pass to the next timer. @returns false when there is none. */
  next(): boolean {
    const entry = this.#entries.shift();
    if (entry === undefined) return false;
    this.#monotonic = Math.max(this.#monotonic, entry.due);
    entry.run();
    return true;
  }
}
