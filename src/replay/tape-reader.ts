import { lineOf } from "./codec.ts";
import type { Ask, Sight, Tape, TapeEvent } from "./tape.ts";

/** Where a replay leaves its recording. */
export interface Parting {
  /** Wall clock of the recording, milliseconds since the epoch. */
  readonly at: number;
  /** What the recording has next; `undefined`: nothing, at this time. */
  readonly recorded: string | undefined;
  /** What the engine does instead; `undefined`: nothing. */
  readonly replayed: string | undefined;
}

/** Shows a tape to the engine, event by event, and compares what the engine asks for with what is on the tape. */
export class TapeReader {
  readonly tape: Tape;
  readonly #sights = new Map<Sight, unknown>();
  readonly #looks = new Map<Sight, number>();
  #event: TapeEvent | undefined;
  #asked = 0;
  #parting: Parting | undefined;

  constructor(tape: Tape) {
    this.tape = tape;
  }

  get parting(): Parting | undefined {
    return this.#parting;
  }

  /** Goes to the next event. */
  enter(event: TapeEvent): void {
    this.#leave();
    this.#event = event;
    this.#asked = 0;
    this.#looks.clear();
    this.#sights.set("monotonic", event.monotonic);
    this.#sights.set("now", event.now);
  }

  /** What the engine saw when it looked for the same time. */
  look(sight: Sight): unknown {
    const nth = (this.#looks.get(sight) ?? 0) + 1;
    this.#looks.set(sight, nth);
    for (const change of this.#event?.changes ?? [])
      if (change.sight === sight && change.nth === nth) this.#sights.set(sight, change.value);
    return this.#sights.get(sight);
  }

  /** What it saw last, without counting as a look. */
  last(sight: Sight): unknown {
    return this.#sights.get(sight);
  }

  /** @returns whether the tape has the same here. */
  asks(ask: Ask): boolean {
    if (this.#parting !== undefined) return false;
    const expected = this.#event?.asks[this.#asked];
    this.#asked += 1;
    if (expected !== undefined && lineOf(expected) === lineOf(ask)) return true;
    // What the engine asks for after the end is not recorded.
    if (expected === undefined && this.#event?.ends.length !== 0 && this.#event === this.tape.events.at(-1)) return true;
    this.part(expected === undefined ? undefined : askText(expected), askText(ask));
    return false;
  }

  /** Compares, when the engine has nothing more to do. */
  checkAsked(): void {
    const missing = this.#event?.asks[this.#asked];
    if (missing !== undefined) this.part(askText(missing), undefined);
  }

  part(recorded: string | undefined, replayed: string | undefined): void {
    this.#parting ??= { at: Number(this.#sights.get("now") ?? this.tape.start.now), recorded, replayed };
  }

  /** What changed while nobody looked counts for the next event. */
  #leave(): void {
    for (const { sight, nth, value } of this.#event?.changes ?? []) if (nth > (this.#looks.get(sight) ?? 0)) this.#sights.set(sight, value);
  }
}

/** A request as one line. */
function askText(ask: Ask): string {
  if (ask.kind === "timer") return `to wait ${String(ask.delayMs)} ms`;
  return `${ask.call}(${ask.args.map(lineOf).join(", ")})`;
}
