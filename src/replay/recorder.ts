import { messageOf } from "../domain/errors.ts";
import type { Clock } from "../domain/clock.ts";
import type { HeldLedger, Recordings } from "../domain/ledger/recordings.ts";
import type { CarriedState } from "../execution/rebalancer.ts";
import { Deliveries } from "./deliveries.ts";
import { accountMask } from "./mask.ts";
import type { Arrival, Ask, RecordedSettings, Root, RootEnd, RootResult, Sight } from "./tape.ts";
import { leadsToOrders } from "./tape.ts";
import type { GrowingEvent, Writing } from "./tape-writer.ts";
import { TapeWriter } from "./tape-writer.ts";

/**
 * From the first order to the first writing: as a rule an execution is over by then, and none of its orders has waited. The
 * next pauses are twice as long each, up to the longest: a crash takes as much of a recording with it.
 */
const FIRST_WRITTEN_AFTER_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

export interface RecorderParts {
  readonly clock: Clock;
  readonly recordings: Recordings;
  readonly brokerName: string;
  readonly settings: RecordedSettings;
  /** Removes keys from a text. */
  readonly redact: (text: string) => string;
  /** Called when an execution cannot be recorded, or not to its end. Trading goes on. */
  readonly onProblem: (text: string) => void;
}

/** A request or timer of the engine, and the tape that it is on. */
export interface Asked {
  readonly tape: GrowingTape | undefined;
  readonly number: number;
}

/** A tape in memory. */
interface GrowingTape extends Writing {
  /** Those that are not written yet. */
  readonly events: GrowingEvent[];
  readonly held: Map<GrowingEvent, HeldLedger>;
  readonly executionIds: Set<string>;
  readonly seen: Map<Sight, unknown>;
  readonly looks: Map<Sight, number>;
  readonly writer: TapeWriter;
  signalId: string;
  /** How many there were. */
  count: number;
  requests: number;
  timers: number;
  /** Requests of it that are not answered. */
  open: number;
  /** Calls of the engine that lead to orders and have not ended. */
  working: number;
}

/**
 * Notes what an execution sees while it runs, in memory and by reference, and writes it later: nothing is copied, encoded or
 * stored on the way to the first order. A tape begins while nothing is under way:
 *
 * - with a reading that keeps the account warm;
 * - with an execution that begins or goes on.
 *
 * It ends when its room is used up, or when nothing is under way any more. Without an execution it is forgotten.
 */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #deliveries = new Deliveries();
  #carried: () => CarriedState = () => {
    throw new Error("The recorder knows no rebalancer.");
  };
  #tape: GrowingTape | undefined;
  #open = 0;
  #writeTimer: { cancel(): void } | undefined;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** What the engine knows when a tape begins. */
  follow(carried: () => CarriedState): void {
    this.#carried = carried;
  }

  /** Lets something reach the engine. @param run does it; it is called when its turn has come. */
  arrives(arrival: () => Arrival | undefined, run: () => void): void {
    this.#deliveries.one(() => {
      const tape = this.#tape;
      const what = tape === undefined ? undefined : arrival();
      if (tape !== undefined && what !== undefined) this.#begin(tape, what);
      run();
    });
  }

  /** The engine asks for something. Its number is the next of its kind. */
  asks(ask: Ask): Asked {
    const tape = this.#tape;
    if (ask.kind === "request") this.#open += 1;
    if (tape === undefined) return { tape, number: -1 };
    const event = tape.events.at(-1);
    event?.asks.push(ask);
    if (ask.kind === "timer") return { tape, number: tape.timers++ };
    if (tape.count === 1 && tape.held.size === 0 && event !== undefined) this.#hold(tape, event);
    if (ask.call === "submit" && this.#writeTimer === undefined) this.#writeAfter(FIRST_WRITTEN_AFTER_MS);
    tape.open += 1;
    return { tape, number: tape.requests++ };
  }

  /** A request was answered. Called before the answer reaches the engine. */
  answered({ tape }: Asked): void {
    this.#open -= 1;
    if (tape !== undefined) tape.open -= 1;
  }

  /** An answer has reached the engine. What is done now may be over, when the engine has done with it. */
  handled({ tape }: Asked): void {
    if (tape !== undefined && tape === this.#tape && tape.working === 0) this.#deliveries.one(() => this.#forgetIfOver(tape));
  }

  /** Whether what was asked is on the tape that is growing now. */
  isOnTape({ tape }: Asked): boolean {
    return tape !== undefined && tape === this.#tape;
  }

  /** The engine checks something that may have changed. @returns `value`. */
  looks<Value>(sight: Sight, value: Value, isSame: (one: Value, other: Value) => boolean = Object.is): Value {
    const tape = this.#tape;
    if (tape === undefined) return value;
    const nth = (tape.looks.get(sight) ?? 0) + 1;
    tape.looks.set(sight, nth);
    if (tape.seen.has(sight) && isSame(tape.seen.get(sight) as Value, value)) return value;
    tape.seen.set(sight, value);
    tape.events.at(-1)?.changes.push({ sight, nth, value });
    return value;
  }

  /** An execution is recorded in the ledger. */
  opened(executionId: string): void {
    this.#tape?.executionIds.add(executionId);
  }

  /** An account number or id that must not be written. */
  mustNotShow(number: string | undefined): void {
    if (number !== undefined) this.#tape?.numbers.add(number);
  }

  /** A call of the engine from outside. One that another makes is a part of that. */
  async root<Result>(root: Root, work: () => Promise<Result>, resultOf: (result: Result) => RootResult): Promise<Result> {
    if (leadsToOrders(root) && (this.#tape?.working ?? 0) > 0) return work();
    return new Promise((resolve) => {
      this.#deliveries.one(() => {
        const tape = this.#opened(root);
        const index = tape.count - 1;
        const end = (result: RootResult): void => this.#ended(tape, root, { root: index, result });
        const working = work();
        working.then(
          (result) => end(resultOf(result)),
          (error: unknown) => end({ kind: "failed", reason: messageOf(error) }),
        );
        resolve(working);
      });
    });
  }

  // --- a tape ------------------------------------------------------------------------------

  #opened(root: Root): GrowingTape {
    const tape = (this.#tape ??= this.#newTape());
    const event = this.#begin(tape, { kind: "root", root, ledger: [] });
    if (!leadsToOrders(root)) return tape;
    tape.working += 1;
    tape.signalId = root.signal.id;
    if (root.call === "resume") {
      tape.executionIds.add(root.executionId);
      this.#writeAfter(FIRST_WRITTEN_AFTER_MS);
    }
    this.#hold(tape, event);
    return tape;
  }

  #newTape(): GrowingTape {
    const { clock, recordings, brokerName, settings, redact } = this.#parts;
    const now = clock.now();
    const start = {
      ...{ schema: recordings.schema, brokerName, settings, carried: this.#carried(), open: this.#open },
      ...{ monotonic: Math.floor(clock.monotonic()), now },
    };
    const numbers = new Set<string>();
    const { liveTradingAccount } = settings.account;
    if (liveTradingAccount !== undefined) numbers.add(liveTradingAccount);
    const { kept } = start.carried.warm;
    if (kept !== undefined) for (const each of [kept.snapshot.account.number, kept.snapshot.account.id]) numbers.add(each);
    const mask = accountMask(numbers);
    return {
      ...{ events: [], held: new Map(), executionIds: new Set(), numbers, seen: new Map(), looks: new Map() },
      writer: new TapeWriter(recordings, start, (text) => mask(redact(text))),
      ...{ signalId: "", count: 0, requests: 0, timers: 0, open: 0, working: 0 },
    };
  }

  #begin(tape: GrowingTape, arrival: Arrival): GrowingEvent {
    const { clock } = this.#parts;
    const [monotonic, now] = [Math.floor(clock.monotonic()), clock.now()];
    tape.looks.clear();
    tape.seen.set("monotonic", monotonic);
    tape.seen.set("now", now);
    const event: GrowingEvent = { monotonic, now, arrival, asks: [], changes: [], ends: [] };
    tape.events.push(event);
    tape.count += 1;
    return event;
  }

  #hold(tape: GrowingTape, event: GrowingEvent): void {
    try {
      tape.held.set(event, this.#parts.recordings.hold());
    } catch (error) {
      this.#giveUp(tape, error);
    }
  }

  #ended(tape: GrowingTape, root: Root, end: RootEnd): void {
    if (tape !== this.#tape) return;
    tape.events.at(-1)?.ends.push(end);
    if (leadsToOrders(root)) tape.working -= 1;
    if (tape.working > 0) return;
    // When the engine has done with what has just reached it: until then its last event grows.
    this.#deliveries.one(() => {
      if (tape !== this.#tape || tape.working > 0) return;
      if (leadsToOrders(root) && tape.executionIds.size > 0) this.#write(tape);
      this.#forgetIfOver(tape);
    });
  }

  /** With requests open the next execution would begin in the middle of something. */
  #forgetIfOver(tape: GrowingTape): void {
    if (tape.working === 0 && tape.open === 0) this.#forget(tape);
  }

  #forget(tape: GrowingTape): void {
    if (this.#tape === tape) this.#tape = undefined;
    this.#writeTimer?.cancel();
    this.#writeTimer = undefined;
    for (const found of tape.held.values()) found.close();
    tape.held.clear();
  }

  #giveUp(tape: GrowingTape, error: unknown): void {
    this.#forget(tape);
    this.#parts.onProblem(`The execution is not recorded for a replay: ${messageOf(error)}`);
  }

  // --- writing -----------------------------------------------------------------------------

  #writeAfter(delayMs: number): void {
    this.#writeTimer?.cancel();
    this.#writeTimer = this.#parts.clock.after(delayMs, () => {
      this.#deliveries.one(() => {
        const tape = this.#tape;
        if (tape === undefined || tape.working === 0) return;
        if (tape.executionIds.size > 0) this.#write(tape);
        if (this.#tape === tape) this.#writeAfter(Math.min(2 * delayMs, LONGEST_PAUSE_MS));
      });
    });
  }

  /** Called between two events, or at the end: the last event is complete. */
  #write(tape: GrowingTape): void {
    if (tape.events.length === 0) return;
    try {
      const fits = tape.writer.write(tape.events, tape);
      tape.events.length = 0;
      for (const found of tape.held.values()) found.close();
      tape.held.clear();
      if (!fits) this.#forget(tape);
    } catch (error) {
      this.#giveUp(tape, error);
    }
  }
}
