import type { PgBoss } from "pg-boss";
import type { Clock } from "../../domain/clock.ts";
import { rankOf } from "../places.ts";
import { canaryAccounts } from "./accounts.ts";
import type { Connection, Sql } from "./connection.ts";
import { StoreUnreachable, type AccountId, type Attempt, type FleetQueue, type Positions } from "./ports.ts";
import { QUEUE_SCHEMA, queueName } from "./schema.ts";

/** In one statement, which must end before it is taken for lost. */
const JOBS_AT_ONCE = 5_000;

/** Above all others, which are from 0 on. */
const CANARY_PRIORITY = 1_000;

/** Inserts a job for each of these accounts that has no live one, within the transaction. @param about what they are offered for. */
export type InsertJobs = (sql: Sql, accounts: readonly AccountId[], about: string) => Promise<void>;

export interface PostgresQueueParts {
  readonly connection: Connection;
  readonly boss: PgBoss;
  readonly mode: string;
  readonly clock: Clock;
}

/**
 * The jobs of a mode in pg-boss. Its policy `exclusive` keeps one live job for each account by a unique index; its supervisor,
 * in every worker, delivers a job again when the heartbeat has been missing for ten seconds.
 */
export class PostgresQueue implements FleetQueue {
  readonly #connection: Connection;
  readonly #boss: PgBoss;
  readonly #mode: string;
  readonly #clock: Clock;
  readonly #queue: string;

  constructor({ connection, boss, mode, clock }: PostgresQueueParts) {
    this.#connection = connection;
    this.#boss = boss;
    this.#mode = mode;
    this.#clock = clock;
    this.#queue = queueName(mode);
  }

  async take(limit: number): Promise<Attempt[]> {
    const jobs = await this.#boss.fetch<{ account: string }>(this.#queue, { batchSize: limit, includeMetadata: true });
    return jobs.map(({ id, retryCount, data }) => ({ account: data.account, job: id, number: retryCount }));
  }

  async beat(attempts: readonly Attempt[]): Promise<Attempt[]> {
    if (attempts.length === 0) return [];
    const answer = await this.#boss.touch(this.#queue, attempts.map(jobOf));
    if (affectedBy(answer) === attempts.length) return [...attempts];
    // In one statement: a worker that is slow enough to lose some of its attempts has no time to ask for each.
    const kept = settledBy(answer);
    return attempts.filter(({ job }) => kept.has(job));
  }

  /** The wanted rows are locked first: an offer that comes later waits, and then inserts another job. */
  async finish(attempt: Attempt, epoch: number, read: Positions): Promise<"finished" | "news" | "lost"> {
    const { account } = attempt;
    const rollBack = new Error("rolled back");
    let result: "finished" | "news" | "lost" = "finished";
    try {
      await this.#connection.transaction(async (sql) => {
        const wanted = await sql.rows<{ strategy: string; newest: string }>(
          "SELECT strategy, newest FROM fleet.wanted WHERE account = $1 ORDER BY strategy FOR UPDATE",
          [account],
        );
        // A strategy that the account did not have when it was taken has nothing to say to it until the next line.
        const hasNews = wanted.some(({ strategy, newest }) => Number(newest) > (read.get(strategy) ?? Infinity));
        const [mine] = await sql.rows("UPDATE fleet.accounts SET holder = NULL WHERE account = $1 AND epoch = $2 RETURNING account", [
          account,
          epoch,
        ]);
        if (mine === undefined || hasNews) {
          result = mine === undefined ? "lost" : "news";
          throw rollBack;
        }
        await sql.rows("UPDATE fleet.wanted SET read = newest WHERE account = $1", [account]);
        const answer = await this.#boss.complete(this.#queue, [jobOf(attempt)], null, { db: this.#connection.forQueue(sql) });
        if (affectedBy(answer) === 1) return;
        result = "lost";
        throw rollBack;
      });
    } catch (error) {
      if (!isSame(error, rollBack)) throw error;
    }
    return result;
  }

  async giveBack(attempt: Attempt): Promise<void> {
    await this.#boss.fail(this.#queue, [jobOf(attempt)]);
  }

  async drop(attempt: Attempt): Promise<void> {
    await this.#boss.complete(this.#queue, [jobOf(attempt)]);
  }

  sweep(): Promise<number> {
    return this.#connection.transaction(async (sql) => {
      const [alone] = await sql.rows<{ locked: boolean }>("SELECT pg_try_advisory_xact_lock(hashtext('fleet.sweep')) AS locked");
      if (alone?.locked !== true) return 0;
      return this.#insert(sql, await this.#forgotten(sql), "");
    });
  }

  async wake(account: AccountId): Promise<void> {
    await this.#connection.transaction((sql) => this.#insert(sql, [account], ""));
  }

  /** Accounts whose job is live: somebody works on them, or will. For commands. */
  async atWork(): Promise<ReadonlySet<AccountId>> {
    const rows = await this.#connection.rows<{ account: string }>(
      `SELECT singleton_key AS account FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND state <= 'active'`,
      [this.#queue],
    );
    return new Set(rows.map(({ account }) => account));
  }

  /** For the doctor. @returns `policy` `undefined` when there is no queue; `forgotten`: accounts with lines to read and no live job. */
  async health(): Promise<{ readonly policy: string | undefined; readonly forgotten: number }> {
    const queue = await this.#boss.getQueue(this.#queue);
    return { policy: queue?.policy, forgotten: (await this.#forgotten(this.#connection)).length };
  }

  /** Accounts with lines to read and no live job, found by the index that keeps a second one out. */
  async #forgotten(sql: Sql): Promise<AccountId[]> {
    const rows = await sql.rows<{ account: string }>(
      `SELECT DISTINCT w.account FROM fleet.wanted w JOIN fleet.accounts a USING (account)
       WHERE a.mode = $1 AND a.removed_at IS NULL AND w.newest > w.read AND NOT EXISTS
         (SELECT FROM ${QUEUE_SCHEMA}.job WHERE name = $2 AND COALESCE(singleton_key, '') = w.account::text
            AND state <= 'active' AND policy = 'exclusive')
       ORDER BY w.account`,
      [this.#mode, this.#queue],
    );
    return rows.map(({ account }) => account);
  }

  async skew(): Promise<number> {
    const before = this.#clock.now();
    const [row] = await this.#connection.rows<{ now: string }>("SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now");
    return (before + this.#clock.now()) / 2 - Number(row?.now);
  }

  /** For an offer's transaction. */
  readonly insertJobs: InsertJobs = async (sql, accounts, about) => {
    await this.#insert(sql, accounts, about);
  };

  /**
   * @param about what they are offered for: their order changes with it, so that no account is always last.
   * @returns how many had no live job.
   */
  async #insert(sql: Sql, accounts: readonly AccountId[], about: string): Promise<number> {
    if (accounts.length === 0) return 0;
    const canaries = new Set((await canaryAccounts(sql, this.#mode)).map(({ id }) => id));
    const priorityOf = (account: AccountId): number =>
      canaries.has(account) ? CANARY_PRIORITY : Math.floor(rankOf(account, about) * CANARY_PRIORITY);
    const jobs = accounts.map((account) => ({ data: { account }, singletonKey: account, priority: priorityOf(account) }));
    let inserted = 0;
    for (let first = 0; first < jobs.length; first += JOBS_AT_ONCE) {
      const some = jobs.slice(first, first + JOBS_AT_ONCE);
      const ids = await this.#boss.insert(this.#queue, some, { db: this.#connection.forQueue(sql), returnId: true });
      inserted += ids?.length ?? 0;
    }
    return inserted;
  }
}

function jobOf({ job, number }: Attempt): { id: string; retryCount: number } {
  return { id: job, retryCount: number };
}

/** How many jobs a command changed; pg-boss's types keep it to themselves. */
function affectedBy(answer: object): number {
  if ("affected" in answer && typeof answer.affected === "number") return answer.affected;
  throw new StoreUnreachable("pg-boss did not say how many jobs it changed.");
}

/** Which jobs a command changed; pg-boss's types keep that to themselves too. */
function settledBy(answer: object): ReadonlySet<unknown> {
  if ("settled" in answer && Array.isArray(answer.settled)) return new Set<unknown>(answer.settled);
  throw new StoreUnreachable("pg-boss did not say which jobs it changed.");
}

function isSame(error: unknown, other: Error): boolean {
  return error === other;
}
