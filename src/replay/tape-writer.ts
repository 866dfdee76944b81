import type { HeldLedger, Recordings, TableRows } from "../domain/ledger/recordings.ts";
import { ChunkWriter, compressed } from "./chunk.ts";
import type { Arrival, Ask, Change, RootEnd, TapeCut, TapeEvent, TapeStart } from "./tape.ts";
import { leadsToOrders } from "./tape.ts";

/** All recordings of an execution together, in bytes. Its contract is 64 KiB; the last chunk says that it is full. */
const ROOM_BYTES = 65_000;
const FULL_BYTES = 200;

/** An event to which is added until the next arrives. */
export interface GrowingEvent extends TapeEvent {
  arrival: Arrival;
  readonly asks: Ask[];
  readonly changes: Change[];
  readonly ends: RootEnd[];
}

export interface Writing {
  readonly executionIds: ReadonlySet<string>;
  /** Which event of these began with which state of the ledger. */
  readonly held: ReadonlyMap<GrowingEvent, HeldLedger>;
  readonly signalId: string;
  /** Account numbers found in the ledger are added. */
  readonly numbers: Set<string>;
}

/** From the events in memory to the parts of a recording in the ledger. */
export class TapeWriter {
  readonly #recordings: Recordings;
  readonly #start: TapeStart;
  readonly #chunks: ChunkWriter;
  #recording: number | undefined;
  #parts = 0;
  #bytes: number | undefined;

  constructor(recordings: Recordings, start: TapeStart, clean: (text: string) => string) {
    this.#recordings = recordings;
    this.#start = start;
    this.#chunks = new ChunkWriter(clean);
  }

  /** @returns false when there was no room for them, which the recording then says. */
  write(events: readonly GrowingEvent[], writing: Writing): boolean {
    const isFirst = this.#parts === 0;
    const isWhole = events.every((event) => this.#surround(event, writing));
    const content = isWhole ? compressed(this.#chunks.chunk(events, { start: isFirst ? this.#start : undefined })) : undefined;
    const used = this.#bytes ?? Math.max(0, ...[...writing.executionIds].map((id) => this.#recordings.bytesOf(id)));
    const fits = content !== undefined && used + content.length + FULL_BYTES <= ROOM_BYTES;
    const stored = fits ? content : this.#full(isFirst);
    this.#bytes = used + stored.length;
    const { now: startedAt } = this.#start;
    const executionIds = [...writing.executionIds];
    this.#recording = this.#recordings.append({ recording: this.#recording, part: this.#parts, startedAt, executionIds, content: stored });
    this.#parts += 1;
    return fits;
  }

  /** Adds what the ledger held when a call of the engine began. @returns false when that is too much to be kept. */
  #surround(event: GrowingEvent, writing: Writing): boolean {
    const { arrival } = event;
    const found = arrival.kind === "root" ? writing.held.get(event) : undefined;
    if (found === undefined || arrival.kind !== "root") return true;
    const signalId = leadsToOrders(arrival.root) ? arrival.root.signal.id : writing.signalId;
    const ledger = found.surroundings({ signalId, at: event.now });
    if (ledger === undefined) return false;
    for (const number of accountNumbersIn(ledger)) writing.numbers.add(number);
    event.arrival = { ...arrival, ledger };
    return true;
  }

  #full(isFirst: boolean): Uint8Array {
    const cut: TapeCut = "full";
    return compressed(isFirst ? { values: [], events: [], cut } : this.#chunks.chunk([], { cut }));
  }
}

const NUMBERED = { account_pins: "number", executions: "account_number", adoptions: "account" } as const;

function accountNumbersIn(tables: readonly TableRows[]): string[] {
  return tables.flatMap(({ table, columns, rows }) => {
    const column = table in NUMBERED ? columns.indexOf(NUMBERED[table as keyof typeof NUMBERED]) : -1;
    return rows.flatMap((row) => (typeof row[column] === "string" ? [row[column]] : []));
  });
}
