const FIRST_MS = 300;
const LONGEST_MS = 5_000;

/**
 * Pauses after failed reads of one kind. A venue may refuse within milliseconds, and while it does, reads repeated in short pauses
 * would use up the requests of the minute that follows the outage (R35).
 */
export class OutagePause {
  #failures = 0;

  /** @returns the pause before the next attempt, milliseconds; twice as long after each further failure. */
  afterFailure(): number {
    const pause = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures += 1;
    return pause;
  }

  end(): void {
    this.#failures = 0;
  }
}
