import type { RequestCeiling } from "../../broker/request-ceiling.ts";
import type { Clock, Timer } from "../../domain/clock.ts";
import { messageOf, TraderError } from "../../domain/errors.ts";
import type { Log } from "../../logging/logger.ts";
import type { RecurringWarnings } from "../../logging/recurring.ts";
import type { HostState } from "../account-host.ts";
import { databaseOutage, hintOf } from "../store/database-outage.ts";
import { StoreUnreachable, type Attempt, type FleetStore, type Positions } from "../store/ports.ts";
import { Lease } from "./lease.ts";
import type { LineFeed } from "./line-feed.ts";

const TICK_MS = 250;
/** A fifth of what a job survives without. */
const BEAT_EVERY_MS = 2_000;
const SWEEP_EVERY_MS = 2_000;
const REPORT_EVERY_MS = 1_000;
const COMPARE_CLOCKS_EVERY_MS = 10_000;
/** A worker whose clock differs more from the database's judges ages wrongly, so it takes nothing. */
export const MOST_SKEW_MS = 2_000;
/** An account that has been settled for so long is given up: what follows an execution at once still finds it here. */
const SETTLED_FOR_MS = 1_000;
/** An account that was taken works at first; after that it mostly waits, and the next may be taken. */
const BUSY_FOR_MS = 2_000;
/** A heartbeat that takes longer, or one that comes too late, shows that this machine or the database has too much to do. */
const SLOW_BEAT_MS = 1_000;
/** For so long after that, an account that was taken counts as working for a minute: more of them would take time from those that trade. */
const STRAINED_FOR_MS = 10_000;
const BUSY_UNDER_STRAIN_MS = 60_000;
/** Accounts that wait need memory. */
const MOST_HELD = 500;
/** Pause before an account that could not be opened is opened again. */
const RETRY_MS = 1_000;
/** The process ends within 8 s of a signal. */
const RETURN_LIMIT_MS = 1_000;

/** One account at work on this machine: its session and its daemon. */
export interface HeldHost {
  /** Runs until `stop`, or until the account is set aside. Never throws. */
  run(): Promise<void>;
  stop(): void;
  readonly isSettled: boolean;
  readonly state: HostState;
  /** Set aside because a newer version of this program has written its ledger. */
  readonly isTooOld: boolean;
  /** How far its intakes have read. */
  readonly read: Positions;
  /** The epoch of its newest start, once that has claimed the account. */
  readonly epoch: number | undefined;
  /** Whether everything that it recorded is kept. */
  readonly isKept: boolean;
}

export interface WorkerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: FleetStore;
  readonly feed: LineFeed;
  /** Unique among all that ever were, for people too: `machine 4711 …`. */
  readonly name: string;
  readonly machine: string;
  readonly pid: number;
  /** How many accounts may begin to work within two seconds. */
  readonly places: number;
  /** Of the requests of all accounts; while more wait than may leave, no account is taken. */
  readonly ceiling?: Pick<RequestCeiling, "shareWith" | "isFull">;
  /** Makes the host of a delivered account; `undefined`: it is no longer in the fleet. @throws when its settings or keys cannot be used. */
  readonly newHost: (attempt: Attempt, lease: Lease) => Promise<HeldHost | undefined>;
}

interface Held {
  readonly attempt: Attempt;
  readonly lease: Lease;
  readonly takenAt: number;
  host: HeldHost | undefined;
  settledAt: number | undefined;
}

/**
 * Takes accounts that have something to read, trades them, and lets them go.
 *
 * - `taken`: the queue has delivered the account's job; from here on it is kept alive by heartbeats.
 * - `working`: its host has claimed the epoch, restored the ledger, and runs the account's daemon.
 * - `settled`: nothing is left to do. A second later the host stops, and the job ends, unless there are newer lines: then
 *   the host starts again.
 * - `lost`: a heartbeat or a barrier was refused, because somebody else has the account. The host stops and sends nothing more.
 * - `too old`: a newer version has written its ledger. The job goes back, and this worker takes nothing any more: another one
 *   can trade what it cannot read. What it holds already is finished.
 * - `set aside`: its host has failed three times. The job stays here, so that the failure is not carried to every worker.
 */
export class Worker {
  readonly #parts: WorkerParts;
  readonly #held = new Map<string, Held>();
  readonly #ends = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #due = new Map<string, number>();
  readonly #running = new Set<string>();
  #halts: ReadonlyMap<string, string> = new Map();
  /** What has failed, by kind of work, and has not been done since. */
  readonly #failing = new Map<string, string>();
  readonly #outage: RecurringWarnings;
  #idle: "too-old" | "skew" | undefined;
  /** When the database last did not answer; milliseconds since the epoch. */
  #unansweredAt = -Infinity;
  /** When a heartbeat was last slow, or an account lost; monotonic. */
  #strainedAt = -Infinity;
  #skewMs = 0;
  #isTooOld = false;
  #timer: Timer | undefined;
  #end: () => void = () => undefined;
  #takeovers = 0;
  #lost = 0;
  #swept = 0;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#outage = databaseOutage(parts.log, parts.clock, "accounts are taken");
  }

  get held(): readonly string[] {
    return [...this.#held.keys()];
  }

  /** Why nothing new is begun; `undefined` while all is well. */
  get trouble(): string | undefined {
    const [failure] = this.#failing.values();
    return failure ?? this.#idleText();
  }

  /** Since the start. Sweeps should be 0: they find accounts that have lines and no job. */
  get counts(): { readonly takeovers: number; readonly lost: number; readonly swept: number } {
    return { takeovers: this.#takeovers, lost: this.#lost, swept: this.#swept };
  }

  /** Why no worker may have judged a line that arrived then, in one sentence. */
  whyLate(arrivedAt: number): string {
    const isOutage = this.#unansweredAt >= arrivedAt;
    return `It was not executed in time: ${isOutage ? "the fleet's database did not answer" : "no worker had the account and these lines"}.`;
  }

  /** Why accounts of these scopes are halted, as of the last report or barrier. */
  haltOf(scopes: readonly string[]): string | undefined {
    return scopes.map((scope) => this.#halts.get(scope)).find((reason) => reason !== undefined);
  }

  /** A barrier has answered with a halt that the next report will confirm. */
  heardHalt(scopes: readonly string[], reason: string): void {
    if (this.haltOf(scopes) === undefined) this.#halts = new Map([...this.#halts, [scopes.at(-1) ?? "", reason]]);
  }

  /** Runs until `stop`. */
  async run(): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.#end = resolve));
    this.#tick();
    await ended;
    this.#timer?.cancel();
    for (const { host } of this.#held.values()) host?.stop();
    await Promise.all(this.#ends);
    await this.#within(this.#parts.store.workers.leave(this.#parts.name));
    this.#outage.close();
  }

  stop(): void {
    this.#stopping.abort();
    this.#end();
  }

  /** Another worker has the account; a barrier has found out. */
  lose(account: string): void {
    const held = this.#held.get(account);
    if (held === undefined || held.lease.isLost) return;
    this.#lost += 1;
    this.#strainedAt = this.#parts.clock.monotonic();
    held.lease.lose();
    held.host?.stop();
  }

  #tick(): void {
    if (this.#stopping.signal.aborted) return;
    this.#timer = this.#parts.clock.after(TICK_MS, () => this.#tick());
    this.#letGoOfSettled();
    this.#every("beat", BEAT_EVERY_MS, () => this.#beat());
    this.#every("feed", 0, () => this.#parts.feed.poll());
    this.#every("report", REPORT_EVERY_MS, () => this.#report());
    this.#every("sweep", SWEEP_EVERY_MS, () => this.#sweep());
    this.#every("clocks", COMPARE_CLOCKS_EVERY_MS, async () => void (this.#skewMs = await this.#parts.store.queue.skew()));
    this.#every("take", 0, () => this.#take());
  }

  /** One of a kind at a time; the next begins when it is due and the one before has ended. */
  #every(kind: string, everyMs: number, work: () => Promise<void>): void {
    const now = this.#parts.clock.monotonic();
    if (this.#running.has(kind) || now < (this.#due.get(kind) ?? -Infinity)) return;
    this.#running.add(kind);
    this.#due.set(kind, now + everyMs);
    work()
      .then(
        () => this.#isWell(kind),
        (error: unknown) => this.#isUnwell(kind, error),
      )
      .finally(() => this.#running.delete(kind));
  }

  /** One kind that works says nothing about another that is refused. */
  #isWell(kind: string): void {
    this.#failing.delete(kind);
    if (kind === "beat" || kind === "take") this.#sayWhyIdle();
  }

  #isUnwell(kind: string, error: unknown): void {
    const text = messageOf(error);
    if (error instanceof StoreUnreachable) this.#unansweredAt = this.#parts.clock.now();
    this.#failing.set(kind, text);
    this.#outage.warn(text, this.#parts.log, hintOf(error));
  }

  #sayWhyIdle(): void {
    const cause = this.#idleCause;
    if (cause === this.#idle) return;
    this.#idle = cause;
    const text = this.#idleText();
    if (text === undefined) this.#parts.log.warn("This machine's clock agrees with the database's again; accounts are taken.");
    else this.#parts.log.error(text);
  }

  get #idleCause(): "too-old" | "skew" | undefined {
    if (this.#isTooOld) return "too-old";
    return Math.abs(this.#skewMs) <= MOST_SKEW_MS ? undefined : "skew";
  }

  /** Why no account is taken although the database answers. */
  #idleText(): string | undefined {
    switch (this.#idleCause) {
      case "too-old":
        return "A newer version of this program has written an account's ledger, so no accounts are taken here. Install that version.";
      case "skew":
        return `This machine's clock differs from the database's by ${(this.#skewMs / 1_000).toFixed(1)} s, so no accounts are taken. Set it right.`;
      case undefined:
        return undefined;
    }
  }

  // --- heartbeats and halts --------------------------------------------------------------------

  async #beat(): Promise<void> {
    const current = [...this.#held.values()].filter(({ lease }) => !lease.isLost);
    const { clock, store } = this.#parts;
    const sentAt = current.map(({ lease }) => lease.instant);
    const startedAt = clock.monotonic();
    const kept = new Set((await store.queue.beat(current.map(({ attempt }) => attempt))).map(({ account }) => account));
    if (clock.monotonic() - startedAt > SLOW_BEAT_MS) this.#strainedAt = clock.monotonic();
    for (const [index, { attempt, lease }] of current.entries()) {
      const instant = sentAt[index];
      if (!kept.has(attempt.account)) this.lose(attempt.account);
      else if (instant !== undefined) lease.renew(instant);
    }
  }

  async #report(): Promise<void> {
    const { store, name, machine, pid } = this.#parts;
    const { halts, neighbours } = await store.workers.report({
      worker: name,
      machine,
      pid,
      held: this.#held.size,
      heeds: [...this.#halts.keys()],
    });
    this.#halts = halts;
    this.#parts.ceiling?.shareWith(neighbours);
  }

  async #sweep(): Promise<void> {
    const found = await this.#parts.store.queue.sweep();
    if (found === 0) return;
    this.#swept += found;
    const whose =
      found === 1
        ? "1 account had lines to read and no job; it has one now."
        : `${String(found)} accounts had lines to read and no job; they have one now.`;
    this.#parts.log.warn(whose, { hint: "This should not happen. Something has deleted rows of the queue, or the database was restored." });
  }

  // --- taking and letting go -------------------------------------------------------------------

  async #take(): Promise<void> {
    const { store, places, clock } = this.#parts;
    if (this.#idleCause !== undefined || this.#parts.ceiling?.isFull === true) return;
    const now = clock.monotonic();
    const busyForMs = now - this.#strainedAt < STRAINED_FOR_MS ? BUSY_UNDER_STRAIN_MS : BUSY_FOR_MS;
    const busy = [...this.#held.values()].filter(({ takenAt, host }) => now - takenAt < busyForMs || host === undefined).length;
    const free = Math.min(places - busy, MOST_HELD - this.#held.size);
    if (free <= 0) return;
    const instant = new Lease(clock).instant;
    for (const attempt of await store.queue.take(free)) {
      const lease = new Lease(clock);
      lease.renew(instant);
      // A job that ran here until now and was lost meanwhile: its host must end before the next one begins.
      const before = this.#held.get(attempt.account);
      if (before !== undefined) {
        this.lose(attempt.account);
        await this.#returnJob(attempt);
        continue;
      }
      if (attempt.number > 0) this.#takeovers += 1;
      const held: Held = { attempt, lease, takenAt: now, host: undefined, settledAt: undefined };
      this.#held.set(attempt.account, held);
      const end = this.#work(held).finally(() => {
        this.#held.delete(attempt.account);
        this.#ends.delete(end);
      });
      this.#ends.add(end);
    }
  }

  async #work(held: Held): Promise<void> {
    const { attempt, lease } = held;
    while (this.#isOurs(lease)) {
      try {
        const end = await this.#workOnce(held);
        if (end === "ended") return;
        if (end === "given up") break;
      } catch (error) {
        await this.#failed(held, error);
      }
    }
    if (!lease.isLost) await this.#returnJob(attempt);
  }

  /** From one start of the account's host to its stop. @returns whether the job has ended here, or is to be given back. */
  async #workOnce(held: Held): Promise<"ended" | "given up" | "again"> {
    const { attempt, lease } = held;
    const host = await this.#parts.newHost(attempt, lease);
    if (host === undefined) {
      await this.#parts.store.queue.drop(attempt);
      return "ended";
    }
    held.host = host;
    held.settledAt = undefined;
    if (this.#isOurs(lease)) await host.run();
    if (host.isTooOld) {
      this.#isTooOld = true;
      return "given up";
    }
    if (host.state === "set-aside") await this.#wait(lease);
    else if (!this.#isStopping() && (await this.#isOver(held, host))) return "ended";
    return "again";
  }

  /** What may pass by itself, as a database that does not answer, is tried again; anything else waits for a person. */
  async #failed({ attempt, lease }: Held, error: unknown): Promise<void> {
    if (error instanceof TraderError && error.retryable) {
      this.#parts.log.debug(`${attempt.account}: ${error.message}`);
      await this.#parts.clock.sleep(RETRY_MS, this.#stopping.signal);
      return;
    }
    this.#parts.log.error(messageOf(error), { account: attempt.account });
    await this.#wait(lease);
  }

  /** @returns whether the job has ended or belongs to somebody else. */
  async #isOver({ attempt, lease }: Held, host: HeldHost): Promise<boolean> {
    if (lease.isLost) return true;
    if (!host.isKept || host.epoch === undefined) return false;
    try {
      const result = await this.#parts.store.queue.finish(attempt, host.epoch, host.read);
      if (result === "lost") lease.lose();
      return result !== "news";
    } catch (error) {
      // It may have been ended all the same; then the next heartbeat says so.
      this.#parts.log.debug(`finish: ${messageOf(error)}`);
      return false;
    }
  }

  /** Until the worker stops or the account is lost: what is wrong with it would be wrong for another worker too. */
  async #wait(lease: Lease): Promise<void> {
    while (this.#isOurs(lease)) await this.#parts.clock.sleep(TICK_MS, this.#stopping.signal);
  }

  #letGoOfSettled(): void {
    const now = this.#parts.clock.monotonic();
    for (const held of this.#held.values()) {
      const { host } = held;
      if (host?.isSettled !== true) held.settledAt = undefined;
      else if (held.settledAt === undefined) held.settledAt = now;
      else if (now - held.settledAt >= SETTLED_FOR_MS) host.stop();
    }
  }

  async #returnJob(attempt: Attempt): Promise<void> {
    await this.#within(this.#parts.store.queue.giveBack(attempt));
  }

  /** What does not answer in time ends by itself: heartbeats stop with this process. */
  async #within(work: Promise<void>): Promise<void> {
    const over = new AbortController();
    await Promise.race([work.catch(() => undefined), this.#parts.clock.sleep(RETURN_LIMIT_MS, over.signal)]);
    over.abort();
  }

  #isOurs(lease: Lease): boolean {
    return !this.#isStopping() && !lease.isLost;
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }
}
