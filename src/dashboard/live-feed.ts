import type { ServerResponse } from "node:http";
import type { Clock } from "../domain/clock.ts";
import type { DashboardView } from "./dashboard-view.ts";
import { event, EventFeed, type Feed } from "./event-feed.ts";

/** Delay until a page learns what is happening, in milliseconds. Nothing is read while no page is open. */
const LOOK_EVERY_MS = 100;

/**
 * The stream of server-sent events for all open pages:
 *
 * - `running`: the executions in progress, whenever anything in them has changed, and once at the beginning;
 * - `changed`: something else in the ledger has changed, or the broker's late answer has come; the page is requested
 *   again;
 * - `beat`: nothing, every 10 s.
 *
 * It reads the ledger and not the daemon's state, so it works the same in the daemon and in another process.
 */
export class LiveFeed implements Feed {
  readonly #view: DashboardView;
  readonly #text: (value: unknown) => string;
  readonly #feed: EventFeed;
  /** Of the ledger, and of the broker's late answers. */
  #version: string | undefined;
  #running = "[]";

  /** @param text JSON without secrets. */
  constructor(view: DashboardView, clock: Clock, text: (value: unknown) => string) {
    this.#view = view;
    this.#text = text;
    this.#feed = new EventFeed({
      clock,
      everyMs: LOOK_EVERY_MS,
      look: () => this.#check(),
      first: () => event("running", this.#running),
    });
  }

  get isFull(): boolean {
    return this.#feed.isFull;
  }

  /** No page is open. */
  get isIdle(): boolean {
    return this.#feed.isIdle;
  }

  add(listener: ServerResponse): void {
    this.#feed.add(listener);
  }

  close(): void {
    this.#feed.close();
  }

  #check(): void {
    try {
      const { broker } = this.#view;
      const version = `${String(this.#view.ledger().version())} ${String(broker.late)}`;
      if (version === this.#version) return;
      this.#version = version;
      const before = this.#running;
      this.#running = this.#text(this.#view.live());
      this.#view.changed();
      if (before !== this.#running) this.#feed.send(event("running", this.#running));
      if (before !== "[]" && this.#running === "[]") broker.forgetAccount();
      this.#feed.send(event("changed", "{}"));
    } catch {
      // The page's own requests report what cannot be read; the next check may succeed.
      this.#version = undefined;
    }
  }
}
