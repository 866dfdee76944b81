import { createHash } from "node:crypto";
import type { RawLine } from "../../intake/line-splitter.ts";
import type { Connection, Sql } from "./connection.ts";
import type { InsertJobs } from "./queue.ts";
import type { FleetLines, NumberedLine, OfferedLine, Positions } from "./ports.ts";

/** Lines older than this are deleted: they have long been stale, and a copy of them is judged as such. */
const KEPT_MS = 7 * 86_400_000;

/** Maximum lines that an intake keeps. */
const MOST_LINES = 2_000;

export class PostgresLines implements FleetLines {
  readonly #connection: Connection;
  readonly #mode: string;
  readonly #insertJobs: InsertJobs;

  constructor(connection: Connection, mode: string, insertJobs: InsertJobs) {
    this.#connection = connection;
    this.#mode = mode;
    this.#insertJobs = insertJobs;
  }

  /** The wanted rows are changed before the jobs are inserted: a worker that ends a job meanwhile waits for them and sees the lines. */
  offer(strategy: string, lines: readonly OfferedLine[]): Promise<number> {
    return this.#connection.transaction(async (sql) => {
      const before = await this.#lock(sql, strategy);
      const fresh = await this.#unknown(sql, strategy, lines);
      if (fresh.length === 0) return 0;
      const newest = before + fresh.length;
      await this.#insert(sql, strategy, before, fresh);
      await sql.rows("UPDATE fleet.sources SET newest = $3 WHERE mode = $1 AND strategy = $2", [this.#mode, strategy, newest]);
      const accounts = await sql.rows<{ account: string }>(
        `UPDATE fleet.wanted w SET newest = $3 FROM fleet.accounts a
         WHERE w.strategy = $2 AND a.account = w.account AND a.mode = $1 AND a.removed_at IS NULL RETURNING w.account`,
        [this.#mode, strategy, newest],
      );
      const ids = accounts.map(({ account }) => account).toSorted((one, other) => Number(one) - Number(other));
      await this.#insertJobs(sql, ids, `${strategy} ${String(newest)}`);
      await sql.rows("DELETE FROM fleet.lines WHERE arrived_at < $1", [Math.max(...lines.map(({ arrivedAt }) => arrivedAt)) - KEPT_MS]);
      return fresh.length;
    });
  }

  async newest(): Promise<Positions> {
    const rows = await this.#connection.rows<{ strategy: string; newest: string }>(
      "SELECT strategy, newest FROM fleet.sources WHERE mode = $1",
      [this.#mode],
    );
    return new Map(rows.map(({ strategy, newest }) => [strategy, Number(newest)]));
  }

  async after(strategy: string, number: number): Promise<NumberedLine[]> {
    const rows = await this.#connection.rows<LineRow>(
      `SELECT * FROM fleet.lines WHERE mode = $1 AND strategy = $2 AND number > $3 ORDER BY number DESC LIMIT $4`,
      [this.#mode, strategy, number, MOST_LINES],
    );
    return rows.toReversed().map(lineOf);
  }

  /** @returns the strategy's newest number; until the transaction ends nobody else adds lines to it. */
  async #lock(sql: Sql, strategy: string): Promise<number> {
    await sql.rows("INSERT INTO fleet.sources (mode, strategy, newest) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING", [this.#mode, strategy]);
    const [row] = await sql.rows<{ newest: string }>("SELECT newest FROM fleet.sources WHERE mode = $1 AND strategy = $2 FOR UPDATE", [
      this.#mode,
      strategy,
    ]);
    return Number(row?.newest ?? 0);
  }

  async #unknown(sql: Sql, strategy: string, lines: readonly OfferedLine[]): Promise<HashedLine[]> {
    const hashed = [...new Map(lines.map((line) => [hashOf(line.raw), line])).entries()].map(([hash, line]) => ({ ...line, hash }));
    const known = await sql.rows<{ hash: string }>("SELECT hash FROM fleet.lines WHERE mode = $1 AND strategy = $2 AND hash = ANY ($3)", [
      this.#mode,
      strategy,
      hashed.map(({ hash }) => hash),
    ]);
    const hashes = new Set(known.map(({ hash }) => hash));
    return hashed.filter(({ hash }) => !hashes.has(hash));
  }

  async #insert(sql: Sql, strategy: string, before: number, lines: readonly HashedLine[]): Promise<void> {
    const raw = lines.map((line) => line.raw);
    await sql.rows(
      `INSERT INTO fleet.lines (mode, strategy, number, hash, bytes, overlong_bytes, file_line, arrived_at)
       SELECT $1, $2, $3 + position, hash, bytes, overlong_bytes, file_line, arrived_at
       FROM unnest($4::text[], $5::bytea[], $6::bigint[], $7::bigint[], $8::bigint[]) WITH ORDINALITY
         AS line (hash, bytes, overlong_bytes, file_line, arrived_at, position)`,
      [
        this.#mode,
        strategy,
        before,
        lines.map(({ hash }) => hash),
        raw.map((line) => (line.kind === "line" ? Buffer.from(line.bytes) : null)),
        raw.map((line) => (line.kind === "line" ? null : line.length)),
        raw.map((line) => line.number ?? null),
        lines.map(({ arrivedAt }) => Math.round(arrivedAt)),
      ],
    );
  }
}

interface HashedLine extends OfferedLine {
  readonly hash: string;
}

/** Two lines are the same if they are byte for byte. */
export function hashOf(raw: RawLine): string {
  return raw.kind === "overlong" ? `overlong ${raw.hash}` : createHash("sha256").update(raw.bytes).digest("hex");
}

interface LineRow {
  readonly number: string;
  readonly hash: string;
  readonly bytes: Buffer | null;
  readonly overlong_bytes: string | null;
  readonly file_line: string | null;
  readonly arrived_at: string;
}

function lineOf(row: LineRow): NumberedLine {
  const number = row.file_line === null ? undefined : Number(row.file_line);
  const raw: RawLine =
    row.bytes === null
      ? { kind: "overlong", hash: row.hash.replace("overlong ", ""), length: Number(row.overlong_bytes), number }
      : { kind: "line", bytes: row.bytes, number };
  return { raw, number: Number(row.number), arrivedAt: Number(row.arrived_at) };
}
