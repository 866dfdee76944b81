import type { OrderRequest } from "../domain/broker.ts";
import { messageOf } from "../domain/errors.ts";
import type { IntentRecord } from "../domain/ledger/orders.ts";
import type { TableRows } from "../domain/ledger/recordings.ts";
import { Rebalancer } from "../execution/rebalancer.ts";
import type { LedgerOfRows } from "../ledger/ledger-of-rows.ts";
import { openLedgerOfRows } from "../ledger/ledger-of-rows.ts";
import { AssumedCourse } from "./assumed-course.ts";
import { AssumedVenue } from "./assumed-venue.ts";
import { lineOf } from "./codec.ts";
import type { SentOrder } from "./replaying-surroundings.ts";
import { ReplayingSurroundings } from "./replaying-surroundings.ts";
import type { Parting } from "./tape-reader.ts";
import { TapeReader } from "./tape-reader.ts";
import type { Arrival, Ask, RecordedSettings, Root, RootResult, Tape, TapeEvent } from "./tape.ts";
import { leadsToOrders, rootResult } from "./tape.ts";

/** Longest time that is assumed beyond a recording. */
const ASSUMED_LIMIT_MS = 8 * 3_600_000;

/** What the engine does with one tape. */
export interface PlayedTape {
  readonly tape: Tape;
  readonly recorded: readonly SentOrder[];
  readonly replayed: readonly SentOrder[];
  readonly parting: Parting | undefined;
  /** From when on answers are assumed, wall clock; `undefined`: all of them are on the tape. */
  readonly assumedFrom: number | undefined;
  /** What the last call of the engine came to; `undefined` when the tape ends before. */
  readonly result: RootResult | undefined;
  readonly recordedResult: RootResult | undefined;
  /** The signal's orders in the ledger when it began, and when it ended. */
  readonly intentsBefore: readonly IntentRecord[];
  readonly intentsAfter: readonly IntentRecord[];
}

export interface PlayOptions {
  /** Settings in place of the recorded ones. */
  readonly settings?: RecordedSettings | undefined;
  /** With assumed answers where the engine leaves the tape, or also where the tape ends. Default: it stops there. */
  readonly assumes?: "where-it-parts" | "where-it-ends";
}

/** Drives the real engine through a tape, in the tape's time. @throws TraderError for a tape of a newer version or a damaged one. */
export async function playTape(tape: Tape, options: PlayOptions = {}): Promise<PlayedTape> {
  const player = new Player(tape, options);
  try {
    return await player.play();
  } finally {
    player.close();
  }
}

class Player {
  readonly #tape: Tape;
  readonly #requests: readonly Extract<Ask, { kind: "request" }>[];
  readonly #reader: TapeReader;
  readonly #assumes: PlayOptions["assumes"];
  readonly #course: AssumedCourse | undefined;
  readonly #venue: AssumedVenue;
  readonly #surroundings: ReplayingSurroundings;
  readonly #rows: LedgerOfRows;
  readonly #rebalancer: Rebalancer;
  /** By the event that began them. */
  readonly #results = new Map<number, RootResult>();
  /** Calls that lead to orders and have not ended. */
  #working = 0;

  constructor(tape: Tape, { settings = tape.start.settings, assumes }: PlayOptions) {
    this.#tape = tape;
    this.#requests = requestsOf(tape);
    this.#reader = new TapeReader(tape);
    this.#assumes = assumes;
    this.#venue = new AssumedVenue(() => this.#surroundings.sent.map(({ request }) => request));
    if (assumes !== undefined) this.#venue.begin(answersOn(tape, this.#requests), tape.start.carried);
    this.#course = assumes === undefined ? undefined : new AssumedCourse((call, args, at) => this.#venue.answer(call, args, at));
    this.#surroundings = new ReplayingSurroundings(this.#reader, this.#course);
    this.#rows = openLedgerOfRows(tape.start.schema, rowsOf(tape.events[0]));
    const { clock, broker, inbox, stopping } = this.#surroundings;
    this.#rebalancer = new Rebalancer(
      {
        ...settings,
        ...{ clock, broker, inbox, stopping: stopping.signal },
        ledger: this.#surroundings.around(this.#rows.ledger),
        halted: () => this.#surroundings.halted(),
        emit: () => undefined,
      },
      tape.start.carried,
    );
  }

  async play(): Promise<PlayedTape> {
    const intentsBefore = this.#intents();
    for (const [index, event] of this.#tape.events.entries()) {
      this.#reader.enter(event);
      this.#note(event);
      this.#arrive(event.arrival, index);
      await turn();
      if (this.#hasParted(event)) break;
    }
    if (this.#working > 0) await this.#goOn();
    return {
      tape: this.#tape,
      recorded: ordersOn(this.#tape),
      replayed: this.#surroundings.sent,
      parting: this.#reader.parting,
      assumedFrom: this.#course?.hasBegun === true ? (this.#reader.parting?.at ?? this.#tape.events.at(-1)?.now) : undefined,
      result: [...this.#results.values()].at(-1),
      recordedResult: this.#tape.events.flatMap(({ ends }) => ends).at(-1)?.result,
      intentsBefore,
      intentsAfter: this.#intents(),
    };
  }

  close(): void {
    this.#rows.ledger.close();
  }

  /** What an assumed course will go on from. */
  #note({ arrival, monotonic }: TapeEvent): void {
    if (this.#course === undefined) return;
    if (arrival.kind === "answer") this.#venue.saw(this.#requests[arrival.request], arrival.value, monotonic);
    if (arrival.kind === "update") this.#venue.sawOrder(arrival.update.order);
  }

  #arrive(arrival: Arrival, index: number): void {
    if (arrival.kind === "market") this.#rebalancer.sawMarket(arrival.market);
    else if (arrival.kind !== "root") this.#surroundings.deliver(arrival);
    else {
      if (index > 0) this.#rows.put(arrival.ledger);
      const isWork = leadsToOrders(arrival.root);
      if (isWork) this.#working += 1;
      const end = (result: RootResult): void => {
        this.#results.set(index, result);
        if (isWork) this.#working -= 1;
      };
      this.#call(arrival.root).then(end, (error: unknown) => end({ kind: "failed", reason: messageOf(error) }));
    }
  }

  async #call(root: Root): Promise<RootResult> {
    switch (root.call) {
      case "warm":
        await this.#rebalancer.warm();
        return { kind: "warm" };
      case "keep-warm":
        await this.#rebalancer.keepWarm();
        return { kind: "warm" };
      case "rebalance":
        return rootResult(await this.#rebalancer.rebalance(root.signal, root.options));
      case "resume": {
        const execution = this.#rows.ledger.execution(root.executionId);
        if (execution === undefined) throw new Error(`The recording has no execution ${root.executionId}.`);
        return rootResult(await this.#rebalancer.resume(execution));
      }
    }
  }

  #hasParted({ ends }: TapeEvent): boolean {
    this.#reader.checkAsked();
    for (const { root, result } of ends) {
      const replayed = this.#results.get(root);
      if (replayed === undefined || lineOf(replayed) !== lineOf(result)) this.#reader.part(resultText(result), resultText(replayed));
    }
    return this.#reader.parting !== undefined;
  }

  /** With assumed answers, until the engine has ended. */
  async #goOn(): Promise<void> {
    const course = this.#course;
    if (course === undefined || (this.#reader.parting === undefined && this.#assumes !== "where-it-ends")) return;
    this.#surroundings.leaveTape();
    const end = course.monotonic + ASSUMED_LIMIT_MS;
    while (this.#working > 0 && course.monotonic < end && course.next()) await turn();
  }

  #intents(): IntentRecord[] {
    const signals = this.#tape.events.flatMap(({ arrival }) =>
      arrival.kind === "root" && leadsToOrders(arrival.root) ? [arrival.root.signal.id] : [],
    );
    return [...new Set(signals)].flatMap((signalId) => this.#rows.ledger.intentsOfSignal(signalId));
  }
}

function rowsOf(event: TapeEvent | undefined): readonly TableRows[] {
  return event?.arrival.kind === "root" ? event.arrival.ledger : [];
}

function requestsOf(tape: Tape): Extract<Ask, { kind: "request" }>[] {
  return tape.events.flatMap(({ asks }) => asks.filter((ask) => ask.kind === "request"));
}

function answersOn(tape: Tape, requests: readonly Extract<Ask, { kind: "request" }>[]) {
  return tape.events.flatMap(({ arrival, monotonic }) =>
    arrival.kind === "answer" ? [{ request: requests[arrival.request], value: arrival.value, monotonic }] : [],
  );
}

/** The orders that a tape shows, in the order in which they were sent. */
function ordersOn(tape: Tape): SentOrder[] {
  return tape.events.flatMap(({ asks, now }) =>
    asks.flatMap((ask) => (ask.kind === "request" && ask.call === "submit" ? [{ at: now, request: ask.args[0] as OrderRequest }] : [])),
  );
}

/** What a call came to, in words. */
export function resultText(result: RootResult | undefined): string {
  if (result === undefined) return "no end";
  const { kind, ...more } = result;
  const outcome = "outcome" in more ? more.outcome : undefined;
  return [outcome ?? kind, more.reason].filter((part) => part !== undefined).join(": ");
}

/** A turn of the event loop: everything that follows by promises has happened. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
