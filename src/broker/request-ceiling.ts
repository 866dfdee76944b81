import type { Clock } from "../domain/clock.ts";
import { type RequestKind, WaitingLine } from "./waiting-line.ts";

const WINDOW_MS = 1_000;
/** As many accounts reach a rate limit within a second: that is not one account's limit, but the address's. */
const ACCOUNTS_REFUSED = 3;
const PAUSE_MS = 5_000;
const LEAST_SHARE = 1 / 16;
/** After this long without such a refusal the ceiling is doubled again. */
const CALM_MS = 60_000;

/** What the requests of one account pass, besides their own budget. */
export interface AccountCeiling {
  /** @throws PaceExceeded when it may not leave within `maxWaitMs`; then nothing was sent. */
  enter(kind: RequestKind, maxWaitMs: number): Promise<void>;
  /** Learns from the status of an answer. */
  observe(status: number): void;
}

export interface RequestCeilingParts {
  readonly clock: Clock;
  /** Of all processes at this address together. */
  readonly perSecond: number;
  /** The ceiling has changed because the venue refuses too many requests, or no longer does. */
  readonly onNews: (text: string) => void;
}

/**
 * The most requests that all accounts of a process send in any second, whatever their own budgets allow: the venue sees one
 * address. Processes that share the address share the ceiling. When several accounts are refused at once (429), nothing but
 * cancels leaves for five seconds, and the ceiling is halved.
 */
export class RequestCeiling {
  readonly #parts: RequestCeilingParts;
  readonly #line: WaitingLine;
  #processes = 1;
  #share = 1;
  #sent: number[] = [];
  #refused: { readonly account: string; readonly at: number }[] = [];
  #pausedUntil = -Infinity;
  #halvedAt = -Infinity;

  constructor(parts: RequestCeilingParts) {
    const { clock } = parts;
    this.#parts = parts;
    this.#line = new WaitingLine({
      clock,
      opensAt: (kind, now) => this.#opensAt(kind, now),
      left: (now) => this.#sent.push(now),
      waits: () => undefined,
      exceeded: "the requests a second of all accounts are used up",
    });
  }

  /** Requests a second that this process may send now. */
  get perSecond(): number {
    return Math.max(1, Math.floor((this.#parts.perSecond / this.#processes) * this.#share));
  }

  /** More wait than leave in a second: who could begin something new waits. */
  get isFull(): boolean {
    return this.#line.length > this.perSecond;
  }

  /** @param processes at this address, this one included. */
  shareWith(processes: number): void {
    this.#processes = Math.max(1, processes);
    this.#line.letThrough();
  }

  of(account: string): AccountCeiling {
    return {
      enter: (kind, maxWaitMs) => this.#line.enter(kind, maxWaitMs),
      observe: (status) => {
        if (status === 429) this.#refusedNow(account);
      },
    };
  }

  /** Refuses all that wait. */
  close(): void {
    this.#line.close();
  }

  #opensAt(kind: RequestKind, now: number): number {
    this.#recover(now);
    this.#sent = this.#sent.filter((at) => at > now - WINDOW_MS);
    const oldest = this.#sent[this.#sent.length - this.perSecond];
    // After a halt an open order must not wait until it may be cancelled.
    return Math.max(now, kind === "cancel" ? now : this.#pausedUntil, oldest === undefined ? now : oldest + WINDOW_MS);
  }

  #refusedNow(account: string): void {
    const now = this.#parts.clock.monotonic();
    this.#refused = [...this.#refused.filter(({ at }) => at > now - WINDOW_MS), { account, at: now }];
    if (now < this.#pausedUntil || new Set(this.#refused.map((each) => each.account)).size < ACCOUNTS_REFUSED) return;
    this.#pausedUntil = now + PAUSE_MS;
    this.#halvedAt = now;
    this.#share = Math.max(LEAST_SHARE, this.#share / 2);
    this.#parts.onNews(
      `Several accounts reached a rate limit at once. Nothing is requested for ${String(PAUSE_MS / 1_000)} s, then at most ${String(this.perSecond)} times a second.`,
    );
  }

  #recover(now: number): void {
    if (this.#share === 1 || now - this.#halvedAt < CALM_MS) return;
    this.#share *= 2;
    this.#halvedAt = now;
    this.#parts.onNews(`The venue answers all accounts again: at most ${String(this.perSecond)} requests leave in a second.`);
  }
}
