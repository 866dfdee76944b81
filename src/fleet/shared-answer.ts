import type { Clock } from "../domain/clock.ts";
import { ageOf, type ClockReading, readClocks } from "../execution/preparation/account-snapshot.ts";

/** An answer that takes longer is not waited for by others. */
export const SHAREABLE_WITHIN_MS = 500;
/** Long enough for all accounts that trade one run; each account keeps an asset for itself longer than that. */
const MAX_AGE_MS = 30_000;

interface Answered<Answer> {
  readonly answer: Answer;
  readonly at: ClockReading;
}

/** One question, with the same answer for every account. */
export class SharedAnswer<Answer> {
  readonly #clock: Clock;
  readonly #isShared: (answer: Answer) => boolean;
  #last: Answered<Answer> | undefined;
  #reading: Promise<void> | undefined;

  constructor(clock: Clock, isShared: (answer: Answer) => boolean) {
    this.#clock = clock;
    this.#isShared = isShared;
  }

  async get(read: () => Promise<Answer>): Promise<Answer> {
    const shared = this.#shareable() ?? (this.#reading === undefined ? undefined : await this.#fromOther(this.#reading));
    if (shared !== undefined) return shared.answer;
    const answered = this.#answered(read);
    const reading: Promise<void> = answered.then(ignore, ignore).then(() => this.#forget(reading));
    this.#reading ??= reading;
    return answered;
  }

  async #answered(read: () => Promise<Answer>): Promise<Answer> {
    // As old as the request: the machine may sleep while the answer is on its way.
    const at = readClocks(this.#clock);
    const answer = await read();
    this.#last = { answer, at };
    return answer;
  }

  /** What another account is reading, if it arrives soon; if not, somebody else reads. */
  async #fromOther(reading: Promise<void>): Promise<Answered<Answer> | undefined> {
    const arrived = new AbortController();
    await Promise.race([reading.then(() => arrived.abort()), this.#clock.sleep(SHAREABLE_WITHIN_MS, arrived.signal)]);
    this.#forget(reading);
    return this.#shareable();
  }

  #forget(reading: Promise<void>): void {
    if (this.#reading === reading) this.#reading = undefined;
  }

  #shareable(): Answered<Answer> | undefined {
    const last = this.#last;
    return last !== undefined && ageOf(last.at, this.#clock) < MAX_AGE_MS && this.#isShared(last.answer) ? last : undefined;
  }
}

function ignore(): void {
  // The result goes to the account that asked.
}
