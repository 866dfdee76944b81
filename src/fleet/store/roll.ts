import type { Connection } from "./connection.ts";
import type { RollAnswer, WorkerReport, WorkerRoll } from "./ports.ts";

/** A worker that has not reported for so long is dead or cut off: it sends nothing. */
export const SILENT_AFTER_SECONDS = 10;

/** A worker as the others see it. */
export interface WorkerSeen extends WorkerReport {
  readonly secondsAgo: number;
}

export class PostgresRoll implements WorkerRoll {
  readonly #connection: Connection;
  readonly #mode: string;

  constructor(connection: Connection, mode: string) {
    this.#connection = connection;
    this.#mode = mode;
  }

  async report({ worker, machine, pid, held, heeds }: WorkerReport): Promise<RollAnswer> {
    const [row] = await this.#connection.rows<{ halts: Record<string, string> | null; others: string }>(
      `WITH mine AS (
         INSERT INTO fleet.workers (worker, mode, machine, pid, held, heeds) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (worker) DO UPDATE SET seen_at = now(), held = EXCLUDED.held, heeds = EXCLUDED.heeds
       )
       SELECT (SELECT jsonb_object_agg(scope, reason) FROM fleet.halts) AS halts,
         (SELECT count(*) FROM fleet.workers WHERE machine = $3 AND worker <> $1 AND seen_at > now() - $7 * interval '1 second') AS others`,
      [worker, this.#mode, machine, pid, held, heeds, SILENT_AFTER_SECONDS],
    );
    return { halts: new Map(Object.entries(row?.halts ?? {})), neighbours: Number(row?.others ?? 0) + 1 };
  }

  async leave(worker: string): Promise<void> {
    await this.#connection.rows("DELETE FROM fleet.workers WHERE worker = $1", [worker]);
  }

  /** @returns the reason that counts: the first one. */
  async halt(scope: string, reason: string): Promise<string> {
    const [row] = await this.#connection.rows<{ reason: string }>(
      "INSERT INTO fleet.halts (scope, reason) VALUES ($1, $2) ON CONFLICT (scope) DO UPDATE SET reason = halts.reason RETURNING reason",
      [scope, reason],
    );
    return row?.reason ?? reason;
  }

  /** @returns the reason of the halt that was lifted; `undefined`: there was none. */
  async resume(scope: string): Promise<string | undefined> {
    const [row] = await this.#connection.rows<{ reason: string }>("DELETE FROM fleet.halts WHERE scope = $1 RETURNING reason", [scope]);
    return row?.reason;
  }

  /** Scope → reason. */
  async halts(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#connection.rows<{ scope: string; reason: string }>("SELECT scope, reason FROM fleet.halts ORDER BY scope");
    return new Map(rows.map(({ scope, reason }) => [scope, reason]));
  }

  /** Those that have reported within the last seconds, and those that ended without leaving within the last day. */
  async list(): Promise<WorkerSeen[]> {
    const rows = await this.#connection.rows<WorkerRow>(
      `SELECT worker, machine, pid, held, heeds, extract(epoch FROM now() - seen_at) AS seconds_ago
       FROM fleet.workers WHERE mode = $1 AND seen_at > now() - interval '1 day' ORDER BY seen_at DESC`,
      [this.#mode],
    );
    return rows.map(({ seconds_ago, ...row }) => ({ ...row, secondsAgo: Number(seconds_ago) }));
  }
}

interface WorkerRow extends WorkerReport {
  readonly seconds_ago: string;
}
