import type { Clock, Timer } from "../domain/clock.ts";
import { DashboardView, type DashboardSource } from "./dashboard-view.ts";
import { LiveFeed } from "./live-feed.ts";

/** One account of a fleet, for its own page. */
export interface PagedAccount {
  readonly source: DashboardSource;
  /** Reads what the page shows, where that is not at hand; before each request. */
  readonly prepare?: () => Promise<void>;
  /** Removes its secrets from a text (R30). */
  readonly redact: (text: string) => string;
}

/** A page that nobody has used for this long is closed, and opened again when somebody does. */
const IDLE_MS = 300_000;

interface OpenPage {
  readonly view: DashboardView;
  readonly feed: LiveFeed;
  usedAt: number;
}

/** The pages of the accounts. Each is opened when somebody looks, and closed some minutes after the last one left. */
export class AccountPages {
  readonly #clock: Clock;
  readonly #find: (name: string) => PagedAccount | undefined;
  readonly #open = new Map<string, OpenPage>();
  #timer: Timer | undefined;

  constructor(clock: Clock, find: (name: string) => PagedAccount | undefined) {
    this.#clock = clock;
    this.#find = find;
  }

  /** The pages that are open now. */
  get names(): string[] {
    return [...this.#open.keys()];
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** @throws what keeps the account's page from being read. */
  async prepare(name: string): Promise<void> {
    await this.#find(name)?.prepare?.();
  }

  /** Without its secrets. */
  redact(name: string, text: string): string {
    return this.#find(name)?.redact(text) ?? text;
  }

  /** @returns `undefined` when there is no such account. */
  page(name: string): Omit<OpenPage, "usedAt"> | undefined {
    const page = this.#open.get(name) ?? this.#opened(name);
    if (page === undefined) return undefined;
    page.usedAt = this.#clock.monotonic();
    this.#timer ??= this.#clock.after(IDLE_MS, () => this.#sweep());
    return page;
  }

  endStreams(): void {
    this.#timer?.cancel();
    for (const { feed } of this.#open.values()) feed.close();
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await Promise.all([...this.#open.values()].map(({ view }) => view.close()));
    this.#open.clear();
  }

  #opened(name: string): OpenPage | undefined {
    const account = this.#find(name);
    if (account === undefined) return undefined;
    const view = new DashboardView(account.source);
    const feed = new LiveFeed(view, this.#clock, (value) => account.redact(JSON.stringify(value)));
    const page = { view, feed, usedAt: 0 };
    this.#open.set(name, page);
    return page;
  }

  #sweep(): void {
    for (const [name, { view, feed, usedAt }] of this.#open) {
      if (!feed.isIdle || this.#clock.monotonic() - usedAt < IDLE_MS) continue;
      this.#open.delete(name);
      void view.close();
    }
    this.#timer = this.#open.size === 0 ? undefined : this.#clock.after(IDLE_MS, () => this.#sweep());
  }
}
