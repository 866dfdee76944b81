import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import type { Json } from "./codec.ts";
import { Decoder, Encoder, UnreadableValue } from "./codec.ts";
import type { Arrival, Ask, Change, RootEnd, Tape, TapeCut, TapeEvent, TapeStart } from "./tape.ts";
import { leadsToOrders } from "./tape.ts";

/** More saves a tenth of the room and takes twice the time. */
const QUALITY = 6;
/** An event without asks, changes and ends is three values. */
const SHORTEST_EVENT = 3;

/** A piece of a tape as JSON: the values that are new in it, and its events. */
export interface Chunk {
  readonly values: readonly Json[];
  readonly start?: Json;
  readonly events: readonly Json[];
  readonly cut?: TapeCut;
}

/** Writes a tape piece by piece. */
export class ChunkWriter {
  readonly #encoder: Encoder;
  #monotonic = 0;
  #now = 0;

  constructor(clean: (text: string) => string) {
    this.#encoder = new Encoder(clean);
  }

  /** @param start with the first chunk only. */
  chunk(
    events: readonly TapeEvent[],
    { start, cut }: { readonly start?: TapeStart | undefined; readonly cut?: TapeCut | undefined },
  ): Chunk {
    const started = start === undefined ? undefined : this.#encoder.encode(start);
    const encoded = events.map((event) => this.#event(event));
    return {
      values: this.#encoder.takeValues(),
      ...(started === undefined ? {} : { start: started }),
      events: encoded,
      ...(cut === undefined ? {} : { cut }),
    };
  }

  /** Times as differences to the event before: most are small. */
  #event({ monotonic, now, arrival, asks, changes, ends }: TapeEvent): Json {
    const [passed, shown] = [monotonic - this.#monotonic, now - this.#now];
    this.#monotonic = monotonic;
    this.#now = now;
    const all: Json[] = [this.#encoder.encode(arrival), passed, shown - passed];
    const lists = [
      asks.map((ask) => this.#ask(ask)),
      changes.map((change) => this.#change(change)),
      ends.map((end) => this.#encoder.encode(end)),
    ];
    while (lists.at(-1)?.length === 0) lists.pop();
    return [...all, ...lists];
  }

  #ask(ask: Ask): Json {
    return ask.kind === "timer" ? ask.delayMs : [ask.call, ...ask.args.map((each) => this.#encoder.encode(each))];
  }

  #change({ sight, nth, value }: Change): Json {
    return [sight, nth, this.#encoder.encode(value)];
  }
}

/** @returns as it is stored. */
export function compressed(chunk: Chunk): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(chunk));
  const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params });
}

/** @throws Error when it is not what {@link compressed} gave. */
export function decompressed(bytes: Uint8Array): Chunk {
  return JSON.parse(brotliDecompressSync(bytes).toString()) as Chunk;
}

/**
 * The tape of all its chunks. Where the last is missing, its process has died.
 * @throws UnreadableValue when it is not what a {@link ChunkWriter} has written.
 */
export function tapeOf(chunks: readonly Chunk[]): Tape {
  const decoder = new Decoder();
  for (const { values } of chunks) decoder.addValues(values);
  const [first] = chunks;
  if (first?.start === undefined) throw new UnreadableValue("its beginning is missing");
  const start = decoder.decode(first.start) as TapeStart;
  let [monotonic, now] = [0, 0];
  const events = chunks
    .flatMap((chunk) => chunk.events)
    .map((event): TapeEvent => {
      if (!Array.isArray(event) || event.length < SHORTEST_EVENT) throw new UnreadableValue("an event is cut off");
      const [arrival, passed, stepped, asks = [], changes = [], ends = []] = event as [Json, number, number, Json[]?, Json[]?, Json[]?];
      monotonic += passed;
      now += passed + stepped;
      return {
        monotonic,
        now,
        arrival: decoder.decode(arrival) as Arrival,
        asks: asks.map((ask) => askOf(ask, decoder)),
        changes: changes.map((change) => changeOf(change, decoder)),
        ends: ends.map((end) => decoder.decode(end) as RootEnd),
      };
    });
  const cut = chunks.findLast((chunk) => chunk.cut !== undefined)?.cut;
  return { start, events, cut: cut ?? (isWhole(events) ? undefined : "stopped") };
}

function askOf(ask: Json, decoder: Decoder): Ask {
  if (typeof ask === "number") return { kind: "timer", delayMs: ask };
  if (!Array.isArray(ask)) throw new UnreadableValue("a request is cut off");
  const [call, ...args] = ask as [Extract<Ask, { kind: "request" }>["call"], ...Json[]];
  return { kind: "request", call, args: args.map((each) => decoder.decode(each)) };
}

function changeOf(change: Json, decoder: Decoder): Change {
  if (!Array.isArray(change)) throw new UnreadableValue("an event is cut off");
  const [sight, nth, value] = change as [Change["sight"], number, Json];
  return { sight, nth, value: decoder.decode(value) };
}

/** Whether every call of the engine that leads to orders has ended, but for a stop. */
function isWhole(events: readonly TapeEvent[]): boolean {
  const ended = new Map(events.flatMap(({ ends }) => ends.map(({ root, result }) => [root, result.kind] as const)));
  return events.every(({ arrival }, index) => {
    if (arrival.kind !== "root" || !leadsToOrders(arrival.root)) return true;
    const kind = ended.get(index);
    return kind !== undefined && kind !== "left";
  });
}
