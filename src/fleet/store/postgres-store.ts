import type { PgBoss } from "pg-boss";
import type { Clock } from "../../domain/clock.ts";
import { canaryAccounts } from "./accounts.ts";
import { Connection, loadOptional } from "./connection.ts";
import { PostgresLedgers } from "./ledgers.ts";
import { PostgresLines } from "./lines.ts";
import type { CanaryAccount, FleetStore } from "./ports.ts";
import { PostgresQueue } from "./queue.ts";
import { assertSchema, fleetIdOf } from "./migrate.ts";
import { PostgresRoll } from "./roll.ts";
import { QUEUE_SCHEMA } from "./schema.ts";

export interface PostgresStoreOptions {
  readonly url: string;
  readonly mode: string;
  readonly clock: Clock;
  /** Delivers jobs of dead workers again. Every worker does; a command does not. */
  readonly supervises?: boolean;
  /** A failure in the background; the next round tries again. */
  readonly onTrouble?: (error: Error) => void;
}

/** The fleet's PostgreSQL, for one trading mode. */
export class PostgresStore implements FleetStore {
  readonly connection: Connection;
  readonly queue: PostgresQueue;
  readonly lines: PostgresLines;
  readonly ledgers: PostgresLedgers;
  readonly workers: PostgresRoll;
  /** Of the database; no other has it. */
  readonly fleetId: string;
  readonly #boss: PgBoss;
  readonly #mode: string;

  private constructor(connection: Connection, boss: PgBoss, { mode, clock }: PostgresStoreOptions, fleetId: string) {
    this.connection = connection;
    this.fleetId = fleetId;
    this.#boss = boss;
    this.#mode = mode;
    this.queue = new PostgresQueue({ connection, boss, mode, clock });
    this.lines = new PostgresLines(connection, mode, this.queue.insertJobs);
    this.ledgers = new PostgresLedgers(connection, mode);
    this.workers = new PostgresRoll(connection, mode);
  }

  /** @throws TraderError when the database is of another version than this program; StoreUnreachable. */
  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    const connection = await Connection.open(options.url);
    try {
      await assertSchema(connection);
      const boss = await newBoss(connection, { supervises: options.supervises === true, onTrouble: options.onTrouble });
      await boss.start();
      return new PostgresStore(connection, boss, options, await fleetIdOf(connection));
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  canaries(): Promise<CanaryAccount[]> {
    return canaryAccounts(this.connection, this.#mode);
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false, close: false });
    await this.connection.close();
  }
}

export interface BossOptions extends Pick<PostgresStoreOptions, "supervises"> {
  readonly onTrouble?: PostgresStoreOptions["onTrouble"] | undefined;
  /** Creates or changes pg-boss's own tables. */
  readonly migrates?: boolean;
}

export async function newBoss(connection: Connection, { supervises = false, migrates = false, onTrouble }: BossOptions): Promise<PgBoss> {
  const { PgBoss: Boss } = await loadOptional("pg-boss", () => import("pg-boss"));
  const boss = new Boss({
    db: connection.forQueue(),
    schema: QUEUE_SCHEMA,
    migrate: migrates,
    createSchema: migrates,
    supervise: supervises,
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
  });
  // Without a listener Node would end the process.
  boss.on("error", (error) => onTrouble?.(error));
  return boss;
}
