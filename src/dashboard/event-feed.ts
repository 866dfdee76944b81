import type { ServerResponse } from "node:http";
import type { Clock, Timer } from "../domain/clock.ts";

/** A page that receives nothing for a few of these treats the connection as dead. */
const BEAT_EVERY_MS = 10_000;
/** How long a browser waits before it reconnects. */
const RETRY_MS = 1_000;
const MOST_LISTENERS = 50;
/** A slow listener is disconnected; it reconnects by itself. */
const MOST_UNSENT_BYTES = 1_000_000;

/** What an open page follows. */
export interface Feed {
  readonly isFull: boolean;
  /** Sends events from now on; the headers have been written. */
  add(listener: ServerResponse): void;
}

export interface EventFeedParts {
  readonly clock: Clock;
  /** How often `look` is called while a page is open; nothing is read otherwise. */
  readonly everyMs: number;
  /** Sends what is new. Never throws. */
  readonly look: () => void;
  /** What a new page gets at once. */
  readonly first?: () => string;
}

/** Sends server-sent events to all open pages, and a `beat` every 10 s. */
export class EventFeed implements Feed {
  readonly #parts: EventFeedParts;
  readonly #listeners = new Set<ServerResponse>();
  #timer: Timer | undefined;
  #beatAt = 0;

  constructor(parts: EventFeedParts) {
    this.#parts = parts;
  }

  get isFull(): boolean {
    return this.#listeners.size >= MOST_LISTENERS;
  }

  get isIdle(): boolean {
    return this.#listeners.size === 0;
  }

  add(listener: ServerResponse): void {
    const { look, first } = this.#parts;
    this.#listeners.add(listener);
    listener.on("close", () => this.#remove(listener));
    listener.on("error", () => this.#remove(listener));
    listener.write(`retry: ${String(RETRY_MS)}\n\n`);
    look();
    if (first !== undefined) listener.write(first());
    if (this.#timer === undefined) this.#schedule();
  }

  send(text: string): void {
    for (const listener of this.#listeners) {
      if (listener.writableLength > MOST_UNSENT_BYTES) listener.destroy();
      else listener.write(text);
    }
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
  }

  #remove(listener: ServerResponse): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    const { clock, everyMs, look } = this.#parts;
    this.#timer = clock.after(everyMs, () => {
      this.#schedule();
      look();
      this.#beat();
    });
  }

  #beat(): void {
    const { clock } = this.#parts;
    if (clock.monotonic() < this.#beatAt) return;
    this.#beatAt = clock.monotonic() + BEAT_EVERY_MS;
    this.send(event("beat", "{}"));
  }
}

/** JSON contains no raw line breaks, so it is one line of data. */
export function event(name: string, json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`;
}
