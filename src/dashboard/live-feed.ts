import type { ServerResponse } from "node:http";
import type { Clock, Timer } from "../domain/clock.ts";
import type { DashboardView } from "./dashboard-view.ts";

/** Delay until a page learns what is happening, in milliseconds. Nothing is read while no page is open. */
const LOOK_EVERY_MS = 100;
/** A page that receives nothing for a few of these treats the connection as dead. */
const BEAT_EVERY_MS = 10_000;
/** How long a browser waits before it reconnects. */
const RETRY_MS = 1_000;
const MOST_LISTENERS = 50;
/** A slow listener is disconnected; it reconnects by itself. */
const MOST_UNSENT_BYTES = 1_000_000;

/**
 * The stream of server-sent events for all open pages:
 *
 * - `running`: the executions in progress, whenever anything in them has changed, and once at the beginning;
 * - `changed`: something else in the ledger has changed; the page requests it again;
 * - `beat`: nothing, every 10 s.
 *
 * It reads the ledger and not the daemon's state, so it works the same in the daemon and in another process.
 */
export class LiveFeed {
  readonly #view: DashboardView;
  readonly #clock: Clock;
  readonly #text: (value: unknown) => string;
  readonly #listeners = new Set<ServerResponse>();
  #timer: Timer | undefined;
  #version: number | undefined;
  #running = "[]";
  #beatAt = 0;

  /** @param text JSON without secrets. */
  constructor(view: DashboardView, clock: Clock, text: (value: unknown) => string) {
    this.#view = view;
    this.#clock = clock;
    this.#text = text;
  }

  get isFull(): boolean {
    return this.#listeners.size >= MOST_LISTENERS;
  }

  /** Sends events from now on; the headers have been written. */
  add(listener: ServerResponse): void {
    this.#listeners.add(listener);
    listener.on("close", () => this.#remove(listener));
    listener.on("error", () => this.#remove(listener));
    listener.write(`retry: ${String(RETRY_MS)}\n\n`);
    this.#check();
    listener.write(event("running", this.#running));
    if (this.#timer === undefined) this.#schedule();
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
    this.#timer = this.#clock.after(LOOK_EVERY_MS, () => {
      this.#schedule();
      this.#check();
      this.#beat();
    });
  }

  #check(): void {
    try {
      const version = this.#view.ledger().version();
      if (version === this.#version) return;
      this.#version = version;
      const before = this.#running;
      this.#running = this.#text(this.#view.live());
      this.#view.changed();
      if (before !== this.#running) this.#send(event("running", this.#running));
      if (before !== "[]" && this.#running === "[]") this.#view.broker.forgetAccount();
      this.#send(event("changed", "{}"));
    } catch {
      // The page's own requests report what cannot be read; the next check may succeed.
      this.#version = undefined;
    }
  }

  #beat(): void {
    if (this.#clock.monotonic() < this.#beatAt) return;
    this.#beatAt = this.#clock.monotonic() + BEAT_EVERY_MS;
    this.#send(event("beat", "{}"));
  }

  #send(text: string): void {
    for (const listener of this.#listeners) {
      if (listener.writableLength > MOST_UNSENT_BYTES) listener.destroy();
      else listener.write(text);
    }
  }
}

/** JSON contains no raw line breaks, so it is one line of data. */
function event(name: string, json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`;
}
