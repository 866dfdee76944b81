/** What happened in one run, in order, with virtual time. Costs nothing while it is not wanted. */
export class Trace {
  readonly #enabled: boolean;
  readonly #now: () => number;
  readonly #lines: string[] = [];
  readonly #rename: (text: string) => string;

  /**
   * @param now milliseconds of virtual time since the run began.
   * @param rename takes out of a text what differs from run to run, such as the path of a temporary file.
   */
  constructor(enabled: boolean, now: () => number, rename: (text: string) => string) {
    this.#enabled = enabled;
    this.#now = now;
    this.#rename = rename;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** @param text made only when traces are wanted. */
  say(who: string, text: () => string): void {
    if (!this.#enabled) return;
    const now = this.#now();
    const minutes = String(Math.floor(now / 60_000)).padStart(3, " ");
    const seconds = ((now % 60_000) / 1_000).toFixed(3).padStart(6, "0");
    this.#lines.push(`${minutes}:${seconds}  ${who.padEnd(8)}  ${this.#rename(text())}`);
  }
}
