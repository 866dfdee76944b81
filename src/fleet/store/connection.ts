import type { Pool, PoolClient, QueryResult, QueryResultRow } from "pg";
import { asError, EXIT, TraderError } from "../../domain/errors.ts";
import { assertEncryption } from "./database-encryption.ts";
import { databaseFailure } from "./database-failure.ts";
import { StoreUnreachable } from "./ports.ts";

/** A statement that takes longer is taken for lost: its outcome is unknown. */
const STATEMENT_MS = 10_000;
const CONNECT_MS = 3_000;
/** Barriers run side by side on them; the queue's own statements too. */
const CONNECTIONS = 10;

/** What PostgreSQL may be asked; a transaction passes its own. */
export interface Sql {
  /** As PostgreSQL's client answers: with one result for each statement, if the text has several. */
  query(text: string, values?: readonly unknown[]): Promise<QueryResult>;
  rows<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/**
 * A pool of connections to the fleet's database. Statements that the database refuses throw its error; what was not answered
 * throws {@link StoreUnreachable}.
 */
export class Connection implements Sql {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
    // A connection that breaks while nobody uses it; the next statement takes a new one.
    pool.on("error", () => undefined);
  }

  /** @param url `postgresql://…`, checked by the settings. @throws TraderError (78) when the package is not installed, or for encryption that is not understood. */
  static async open(url: string): Promise<Connection> {
    assertEncryption(url);
    const { default: pg } = await loadOptional("pg", () => import("pg"));
    const pool = new pg.Pool({
      connectionString: url,
      application_name: "alpaca-trader",
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: STATEMENT_MS,
      statement_timeout: STATEMENT_MS,
      keepAlive: true,
      // A command ends with its last statement.
      allowExitOnIdle: true,
    });
    return new Connection(pool);
  }

  async query(text: string, values: readonly unknown[] = []): Promise<QueryResult> {
    try {
      return await this.#pool.query(text, [...values]);
    } catch (error) {
      throw databaseFailure(error);
    }
  }

  async rows<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.query(text, values)).rows as Row[];
  }

  /** All of its statements or none; an error means that none was kept, but for {@link StoreUnreachable}. */
  async transaction<Result>(
    work: (sql: Sql) => Promise<Result>,
    level: "READ COMMITTED" | "REPEATABLE READ" = "READ COMMITTED",
  ): Promise<Result> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw databaseFailure(error);
    });
    const sql = sqlOn(client);
    let broken: Error | undefined;
    // The pool does not listen while it is lent, and an error that nobody hears would end the process. The statement fails anyway.
    const heard = (error: Error): void => void (broken = error);
    client.on("error", heard);
    try {
      await sql.rows(`BEGIN ISOLATION LEVEL ${level}`);
      const result = await work(sql);
      await sql.rows("COMMIT");
      return result;
    } catch (error) {
      // A connection that does not answer would not answer a ROLLBACK either; without it the server rolls back by itself.
      if (error instanceof StoreUnreachable) broken = error;
      else await sql.rows("ROLLBACK").catch((other: unknown) => (broken = asError(other)));
      throw error;
    } finally {
      client.off("error", heard);
      client.release(broken);
    }
  }

  /** What pg-boss executes its statements through. @param sql a transaction's, or the pool's own. */
  forQueue(sql: Sql = this): { executeSql(text: string, values?: unknown[]): Promise<QueryResult> } {
    return { executeSql: (text, values) => sql.query(text, values) };
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

function sqlOn(client: PoolClient): Sql {
  const query = async (text: string, values: readonly unknown[] = []): Promise<QueryResult> => {
    try {
      return await client.query(text, [...values]);
    } catch (error) {
      throw databaseFailure(error);
    }
  };
  return { query, rows: async <Row>(text: string, values?: readonly unknown[]) => (await query(text, values)).rows as Row[] };
}

/** Loads a package that only a fleet with a database needs. @throws TraderError (78) that says how to install it. */
export async function loadOptional<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if (!Error.isError(error) || !("code" in error) || error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new TraderError(`A fleet with a database needs the package ${name}, which is not installed.`, {
      code: "fleet-packages",
      hint: "Run `npm install --no-save pg@8.23.1 pg-boss@12.38.0 age-encryption@0.3.1` in the program's directory.",
      exitCode: EXIT.configuration,
      cause: error,
    });
  }
}
