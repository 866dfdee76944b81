import { ZERO } from "../../domain/decimal.ts";
import type { Signal } from "../../domain/signal.ts";
import type { OpenExecution } from "./open-execution.ts";
import { pauseOf, restText } from "./rest.ts";

/** Pauses before the rest is planned again; the last one repeats (R33). */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000] as const;

/** When the rest of an execution is planned again: later after each plan without a fill (R33, R35). */
export class PlanPause {
  readonly #execution: OpenExecution;
  #at: number | undefined;
  /** The newer run for which a pause was last cut short. */
  #offered: string | undefined;
  /** Plans since anything was filled. */
  #fruitless = 0;
  #filled = "";
  #lastReason: string | undefined;

  constructor(execution: OpenExecution) {
    this.#execution = execution;
  }

  /** When the next plan is made, monotonic; `undefined` while none is due. */
  get at(): number | undefined {
    return this.#at;
  }

  /** A run that has just come may take over at once; it does not wait for the end of a pause (R22). */
  cutShortFor(newer: Signal | undefined): void {
    if (this.#at === undefined || newer?.kind !== "rebalance" || newer.id === this.#offered) return;
    this.#offered = newer.id;
    this.#at = Math.min(this.#at, this.#execution.parts.clock.monotonic());
  }

  begin(): void {
    const { clock } = this.#execution.parts;
    const filled = this.#execution
      .intents()
      .flatMap(({ clientOrderId, filledQuantity }) => (filledQuantity.gt(ZERO) ? [`${clientOrderId} ${filledQuantity.toFixed()}`] : []))
      .join();
    if (filled !== this.#filled) this.#fruitless = 0;
    this.#filled = filled;
    const pause = PAUSES_MS[Math.min(this.#fruitless, PAUSES_MS.length - 1)] ?? 0;
    this.#fruitless += 1;
    const passing = this.#execution.record().phase === "selling" ? [] : this.#execution.rests().filter((rest) => rest.passing);
    const earliest = passing.length === 0 ? 0 : Math.min(...passing.map((rest) => pauseOf(rest, clock.now())));
    this.#at = clock.monotonic() + Math.max(pause, earliest);
    if (passing.length > 0) this.say(passing.map((rest) => restText(rest)).join(", "));
  }

  /** Orders have been planned. */
  end(): void {
    this.#at = undefined;
    this.#lastReason = undefined;
  }

  say(reason: string): void {
    const level = reason === this.#lastReason ? "debug" : "warn";
    this.#lastReason = reason;
    this.#execution.emit({ kind: "waiting", level, text: `Not on target yet: ${reason}. Trying again until the deadline.` });
  }
}
