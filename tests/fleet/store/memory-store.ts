import type { Clock } from "../../../src/domain/clock.ts";
import { hashOf } from "../../../src/fleet/store/lines.ts";
import {
  type AccountId,
  type Attempt,
  type Barrier,
  type CanaryAccount,
  type Claim,
  type FleetLines,
  type FleetQueue,
  type FleetStore,
  type Holding,
  type LedgerStore,
  type NumberedLine,
  type OfferedLine,
  type Positions,
  type RollAnswer,
  type SavedLedger,
  type WorkerReport,
} from "../../../src/fleet/store/ports.ts";

/** As pg-boss's `heartbeatSeconds`. */
const HEARTBEAT_MS = 10_000;

interface Job {
  readonly id: string;
  number: number;
  beatAt: number | undefined;
}

interface AccountRecord {
  epoch: number;
  readonly wanted: Map<string, { newest: number; read: number }>;
  image: { readonly seq: number; readonly bytes: Uint8Array } | undefined;
  readonly journal: Map<number, { readonly epoch: number; readonly bytes: Uint8Array }>;
  job: Job | undefined;
  readonly isCanary: boolean;
}

/** What lies between a machine and the database. @throws StoreUnreachable; the work may have been done all the same. */
export type Way = <Answer>(call: string, work: () => Answer) => Promise<Answer>;

const DIRECT: Way = async (_call, work) => {
  await Promise.resolve();
  return work();
};

/** A fleet's database in memory, on the clock of a simulation. Passes the same contract as PostgreSQL. */
export class MemoryDatabase {
  readonly clock: Clock;
  readonly halts = new Map<string, string>();
  readonly #accounts = new Map<AccountId, AccountRecord>();
  readonly #sources = new Map<string, NumberedLine[]>();
  readonly #workers = new Map<string, { readonly machine: string; readonly seenAt: number }>();
  #jobs = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  addAccount(account: AccountId, strategies: readonly string[], isCanary = false): void {
    const wanted = new Map(strategies.map((strategy) => [strategy, { newest: 0, read: 0 }]));
    this.#accounts.set(account, { epoch: 0, wanted, image: undefined, journal: new Map(), job: undefined, isCanary });
  }

  /** As one machine reaches it. */
  store(ask: Way = DIRECT, clock: Clock = this.clock): FleetStore {
    const workers = {
      report: (worker: WorkerReport) => ask("report", () => this.#report(worker)),
      leave: (worker: string) => ask("leave", () => void this.#workers.delete(worker)),
    };
    const canaries = (): Promise<CanaryAccount[]> => ask("canaries", () => this.#canaries());
    return { queue: this.#queue(ask, clock), lines: this.#lines(ask), ledgers: this.#ledgers(ask), workers, canaries };
  }

  #report({ worker, machine }: WorkerReport): RollAnswer {
    const now = this.clock.monotonic();
    this.#workers.set(worker, { machine, seenAt: now });
    const living = [...this.#workers.values()].filter((other) => other.machine === machine && now - other.seenAt < HEARTBEAT_MS);
    return { halts: new Map(this.halts), neighbours: living.length };
  }

  #canaries(): CanaryAccount[] {
    const all = [...this.#accounts].filter(([, { isCanary }]) => isCanary);
    return all.map(([id, { wanted }]) => ({ id, name: id, strategies: [...wanted.keys()] }));
  }

  /** As {@link LedgerStore.read}, for judges. */
  saved(account: AccountId): SavedLedger {
    return this.#read(account);
  }

  #of(account: AccountId): AccountRecord {
    const record = this.#accounts.get(account);
    if (record === undefined) throw new Error(`There is no account ${account}.`);
    return record;
  }

  #queue(ask: Way, clock: Clock): FleetQueue {
    return {
      take: (limit) => ask("take", () => this.#take(limit)),
      beat: (attempts) => ask("beat", () => attempts.filter((attempt) => this.#beat(attempt))),
      finish: (attempt, epoch, read) => ask("finish", () => this.#finish(attempt, epoch, read)),
      giveBack: (attempt) => ask("giveBack", () => this.#giveBack(attempt)),
      drop: (attempt) => ask("drop", () => this.#drop(attempt)),
      sweep: () => ask("sweep", () => this.#sweep()),
      wake: (account) => ask("wake", () => void this.#insert(account)),
      skew: () => ask("skew", () => clock.now() - this.clock.now()),
    };
  }

  #lines(ask: Way): FleetLines {
    return {
      offer: (strategy, lines) => ask("offer", () => this.#offer(strategy, lines)),
      newest: () => ask("newest", () => new Map([...this.#sources].map(([strategy, lines]) => [strategy, lines.length]))),
      after: (strategy, number) => ask("after", () => (this.#sources.get(strategy) ?? []).filter((line) => line.number > number)),
    };
  }

  #ledgers(ask: Way): LedgerStore {
    return {
      claim: (account) => ask("claim", () => this.#claim(account)),
      read: (account) => ask("read", () => this.#read(account)),
      seq: (account) => ask("seq", () => this.#read(account).seq),
      append: (holding, change) => ask("append", () => this.#append(holding, change)),
      snapshot: (holding, seq, image) => ask("snapshot", () => this.#snapshot(holding, seq, image)),
    };
  }

  /** The supervisor's work first, as every worker does it once a second. */
  #take(limit: number): Attempt[] {
    this.#expire();
    const queued = [...this.#accounts].filter(([, { job }]) => job !== undefined && job.beatAt === undefined);
    const first = queued.toSorted(([, one], [, other]) => Number(other.isCanary) - Number(one.isCanary));
    return first.slice(0, limit).flatMap(([account, { job }]) => {
      if (job === undefined) return [];
      job.beatAt = this.clock.monotonic();
      return [{ account, job: job.id, number: job.number }];
    });
  }

  #expire(): void {
    for (const { job } of this.#accounts.values()) {
      if (job?.beatAt === undefined || this.clock.monotonic() - job.beatAt < HEARTBEAT_MS) continue;
      job.beatAt = undefined;
      job.number += 1;
    }
  }

  #current({ account, job, number }: Attempt): Job | undefined {
    const current = this.#of(account).job;
    return current?.id === job && current.number === number && current.beatAt !== undefined ? current : undefined;
  }

  #beat(attempt: Attempt): boolean {
    const job = this.#current(attempt);
    if (job !== undefined) job.beatAt = this.clock.monotonic();
    return job !== undefined;
  }

  #finish(attempt: Attempt, epoch: number, read: Positions): "finished" | "news" | "lost" {
    const record = this.#of(attempt.account);
    if (record.epoch !== epoch || this.#current(attempt) === undefined) return "lost";
    for (const [strategy, { newest }] of record.wanted) if (newest > (read.get(strategy) ?? Infinity)) return "news";
    for (const wanted of record.wanted.values()) wanted.read = wanted.newest;
    record.job = undefined;
    return "finished";
  }

  #giveBack(attempt: Attempt): void {
    const job = this.#current(attempt);
    if (job === undefined) return;
    job.beatAt = undefined;
    job.number += 1;
  }

  #drop(attempt: Attempt): void {
    if (this.#current(attempt) !== undefined) this.#of(attempt.account).job = undefined;
  }

  #sweep(): number {
    let offered = 0;
    for (const [account, { wanted }] of this.#accounts)
      if ([...wanted.values()].some(({ newest, read }) => newest > read) && this.#insert(account)) offered += 1;
    return offered;
  }

  #insert(account: AccountId): boolean {
    const record = this.#of(account);
    if (record.job !== undefined) return false;
    this.#jobs += 1;
    record.job = { id: `job-${String(this.#jobs)}`, number: 0, beatAt: undefined };
    return true;
  }

  #offer(strategy: string, lines: readonly OfferedLine[]): number {
    const known = this.#sources.get(strategy) ?? [];
    const hashes = new Set(known.map(({ raw }) => hashOf(raw)));
    let number = known.length;
    const fresh: NumberedLine[] = [];
    for (const line of lines) {
      const hash = hashOf(line.raw);
      if (hashes.has(hash)) continue;
      hashes.add(hash);
      number += 1;
      fresh.push({ ...line, number });
    }
    if (fresh.length === 0) return 0;
    this.#sources.set(strategy, [...known, ...fresh]);
    for (const [account, { wanted }] of this.#accounts) {
      const own = wanted.get(strategy);
      if (own === undefined) continue;
      own.newest = number;
      this.#insert(account);
    }
    return fresh.length;
  }

  #claim(account: AccountId): Claim {
    const record = this.#of(account);
    record.epoch += 1;
    const read = new Map([...record.wanted].map(([strategy, wanted]) => [strategy, wanted.read]));
    return { ...this.#read(account), epoch: record.epoch, read };
  }

  #read(account: AccountId): SavedLedger {
    const { image, journal } = this.#of(account);
    const changes = [...journal].filter(([seq]) => seq > (image?.seq ?? 0)).toSorted(([one], [other]) => one - other);
    return { image: image?.bytes, changes: changes.map(([, { bytes }]) => bytes), seq: changes.at(-1)?.[0] ?? image?.seq ?? 0 };
  }

  #append({ account, epoch, scopes }: Holding, change: { seq: number; bytes: Uint8Array } | undefined): Barrier {
    const { epoch: current, journal } = this.#of(account);
    if (current !== epoch) return { kind: "lost" };
    if (change !== undefined) {
      const before = journal.get(change.seq);
      if (before !== undefined && before.epoch !== epoch) return { kind: "lost" };
      journal.set(change.seq, { epoch, bytes: change.bytes });
    }
    return { kind: "kept", halted: this.#haltOf(scopes) };
  }

  #snapshot({ account, epoch, scopes }: Holding, seq: number, bytes: Uint8Array): Barrier {
    const record = this.#of(account);
    if (record.epoch !== epoch || (record.image?.seq ?? 0) > seq) return { kind: "lost" };
    record.image = { seq, bytes };
    for (const old of [...record.journal.keys()]) if (old <= seq) record.journal.delete(old);
    return { kind: "kept", halted: this.#haltOf(scopes) };
  }

  #haltOf(scopes: readonly string[]): string | undefined {
    return [...this.halts]
      .filter(([scope]) => scopes.includes(scope))
      .map(([, reason]) => reason)
      .toSorted()[0];
  }
}
