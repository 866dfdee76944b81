import type { Clock, Timer } from "../domain/clock.ts";
import type { TradeUpdate } from "./orders.ts";
import { optional } from "./parameters.ts";
import { malformed } from "./refusals.ts";
import { nanosOf } from "./timestamps.ts";
import { venueJson } from "./wire.ts";

/** Trade updates as server-sent events, the only channel of Alpaca's Go client. */
export const TRADE_EVENTS_PATH = "/v2/events/trades";
/** A comment goes out this often, so that nothing on the way takes the connection for dead. */
const HEARTBEAT_MS = 15_000;
const NANOS_PER_MILLI = 1_000_000n;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** What a client wants of the past, and where it wants to end. Times are nanoseconds since the epoch. */
export interface EventRange {
  readonly since: bigint | undefined;
  readonly until: bigint | undefined;
  readonly sinceId: string | undefined;
  readonly untilId: string | undefined;
}

/** @throws Refusal when a parameter cannot be read, or does not go with the others. */
export function readEventRange(query: URLSearchParams): EventRange {
  const range = {
    since: optional(query, "since", nanosOf),
    until: optional(query, "until", nanosOf),
    sinceId: idOf(query, "since_id") ?? idOf(query, "since_ulid"),
    untilId: idOf(query, "until_id") ?? idOf(query, "until_ulid"),
  };
  if (range.since !== undefined && range.sinceId !== undefined) throw malformed("only one of since or since_id is accepted");
  if (range.until !== undefined && range.since === undefined) throw malformed("until requires since");
  if (range.untilId !== undefined && range.sinceId === undefined) throw malformed("until_id requires since_id");
  return range;
}

function idOf(query: URLSearchParams, name: string): string | undefined {
  return optional(query, name, (text) => (ULID.test(text) ? text : undefined));
}

/** The newest trade updates, for clients that ask for the past. */
export class EventLog {
  readonly #most: number;
  #updates: TradeUpdate[] = [];

  /** @param most how many are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  add(update: TradeUpdate): void {
    if (this.#most === 0) return;
    this.#updates.push(update);
    // Now and then, because each time would copy all of them.
    if (this.#updates.length >= 2 * this.#most) this.#updates = this.#updates.slice(-this.#most);
  }

  /** Those in a range, its bounds included; none when it has no beginning. */
  within({ since, sinceId, until, untilId }: EventRange): TradeUpdate[] {
    const kept = this.#updates.slice(-this.#most);
    const first = sinceId === undefined ? kept.findIndex((each) => since !== undefined && timeOf(each) >= since) : placeOf(kept, sinceId);
    if (first < 0) return [];
    const last = untilId === undefined ? kept.length : placeOf(kept, untilId) + 1;
    return kept.slice(first, last === 0 ? kept.length : last).filter((each) => until === undefined || timeOf(each) <= until);
  }
}

/** Of an event, or of the first one after it if it is no longer kept: ids of one millisecond are in no order. */
function placeOf(updates: readonly TradeUpdate[], id: string): number {
  const place = updates.findIndex(({ event_id }) => event_id === id);
  return place < 0 ? updates.findIndex(({ event_id }) => event_id > id) : place;
}

function timeOf({ at }: TradeUpdate): bigint {
  return nanosOf(at) ?? 0n;
}

export interface EventLine {
  readonly clock: Clock;
  /** Lines for the client. */
  readonly send: (text: string) => void;
  /** Ends the connection from the venue's side. */
  readonly end: () => void;
  readonly onClosed: (connection: EventConnection) => void;
}

/** One client's connection to {@link TRADE_EVENTS_PATH}: past events at once, later ones as they happen. */
export class EventConnection {
  readonly #line: EventLine;
  readonly #range: EventRange;
  #timers: Timer[] = [];

  constructor(range: EventRange, line: EventLine) {
    this.#range = range;
    this.#line = line;
  }

  begin(past: readonly TradeUpdate[]): void {
    this.#beat();
    for (const update of past) this.deliver(update, [venueJson(update)]);
    const { until } = this.#range;
    if (until !== undefined) this.#later(Number(until / NANOS_PER_MILLI) - this.#line.clock.now(), () => this.drop());
  }

  /** @param texts what is left of the event after faults. */
  deliver(update: TradeUpdate, texts: readonly string[]): void {
    for (const text of texts) this.#line.send(`data: ${text.replaceAll("\n", " ")}\n\n`);
    if (update.event_id === this.#range.untilId) this.drop();
  }

  drop(): void {
    this.closed();
    this.#line.end();
  }

  closed(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
    this.#line.onClosed(this);
  }

  #beat(): void {
    this.#line.send(": heartbeat\n\n");
    this.#later(HEARTBEAT_MS, () => this.#beat());
  }

  #later(delayMs: number, run: () => void): void {
    const timer = this.#line.clock.after(Math.max(0, delayMs), () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
      run();
    });
    this.#timers.push(timer);
  }
}
