import type { Clock, Timer } from "../../src/domain/clock.ts";
import { sleepOn } from "../../src/domain/clock.ts";
import { leanFetch } from "../simulation/wire.ts";
import type { ProcessGround, VirtualDesk } from "./virtual-desk.ts";

/** A moment at which the process may die. */
export interface Moment {
  readonly name: string;
  /**
   * All that outlives the process, as of this moment: what is committed, what the venue holds, and the time.
   * Whoever dies at two moments of one state leaves the same to the next process.
   */
  readonly state: string;
}

/** How long an answer is on its way, so that fills, other answers and commits come in between. */
const ANSWER_TRAVELS_MS = 3;

const KILLED = new Error("The process was killed.");

/**
 * One process that may die wherever it waits or takes effect: before a request leaves, once the venue has
 * carried it out, when the answer has come, around each commit, when it lies down to sleep and when it
 * wakes. From that instant on nothing of it has an effect any more, whatever its remains still do.
 */
export class MortalProcess implements ProcessGround {
  readonly clock: Clock;
  readonly moments: Moment[] = [];
  readonly #desk: VirtualDesk;
  readonly #diesAt: number;
  readonly #worldState: () => string;
  readonly #death = Promise.withResolvers<undefined>();
  #armed = false;
  #dead = false;
  #commits = 0;
  #requests = 0;

  /** @param diesAt how many moments it lives through; one more kills it. Infinity: all of them. */
  constructor(desk: VirtualDesk, diesAt: number, worldState: () => string) {
    this.#desk = desk;
    this.#diesAt = diesAt;
    this.#worldState = worldState;
    this.clock = new MortalClock(desk.clock, this);
  }

  get isDead(): boolean {
    return this.#dead;
  }

  /** Resolves when it dies. */
  get death(): Promise<undefined> {
    return this.#death.promise;
  }

  /** Moments count from here on. */
  begin(): void {
    this.#armed = true;
  }

  /** @returns whether it is dead. */
  reach(name: string): boolean {
    if (!this.#armed || this.#dead) return this.#dead;
    const state = `${String(this.#commits)} commits, ${String(this.#desk.clock.monotonic())} ms, ${this.#worldState()}`;
    this.moments.push({ name, state });
    if (this.moments.length > this.#diesAt) this.die();
    return this.#dead;
  }

  die(): void {
    this.#dead = true;
    this.#death.resolve(undefined);
  }

  readonly fetch: typeof fetch = async (input, init) => {
    this.#requests += 1;
    const name = requestName(this.#requests, input as string, init);
    if (this.reach(`${name} is about to leave`)) return never();
    const [settled] = await Promise.allSettled([this.#send(input, init)]);
    if (this.reach(`${name} was carried out, its answer is on the way`)) return never();
    await this.#desk.clock.sleep(ANSWER_TRAVELS_MS);
    if (this.reach(`${name} was answered`)) return never();
    if (settled.status === "rejected") throw settled.reason;
    return settled.value;
  };

  readonly onCommit = (stage: "before" | "after"): void => {
    if (stage === "after" && this.#armed) this.#commits += 1;
    const number = stage === "before" ? this.#commits + 1 : this.#commits;
    if (this.reach(`${stage} commit ${String(number)}`)) throw KILLED;
  };

  get #send(): typeof fetch {
    return leanFetch((request) => this.#desk.venue.handle(request));
  }
}

/** The desk's clock as a process that may die sees it. */
class MortalClock implements Clock {
  readonly #base: Clock;
  readonly #process: MortalProcess;

  constructor(base: Clock, process: MortalProcess) {
    this.#base = base;
    this.#process = process;
  }

  now(): number {
    return this.#base.now();
  }

  monotonic(): number {
    return this.#base.monotonic();
  }

  after(delayMs: number, run: () => void): Timer {
    if (this.#process.isDead) return { cancel: () => undefined };
    return this.#base.after(delayMs, () => {
      if (!this.#process.reach(`waking after ${String(Math.round(delayMs))} ms`)) run();
    });
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return this.#process.reach(`about to sleep for ${String(Math.round(delayMs))} ms`) ? never() : sleepOn(this, delayMs, signal);
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

function requestName(number: number, url: string, init: RequestInit | undefined): string {
  const order = init?.method === "POST" && typeof init.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : undefined;
  const what = order === undefined ? "" : ` (${String(order.side)} ${String(order.symbol)})`;
  return `request ${String(number)}, ${init?.method ?? "GET"} ${new URL(url).pathname}${what},`;
}
