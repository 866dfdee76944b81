import type { PgBoss } from "pg-boss";
import { EXIT, TraderError } from "../../domain/errors.ts";
import type { Connection, Sql } from "./connection.ts";
import { grantRoles } from "./roles.ts";
import { queueName, SCHEMA_STEPS } from "./schema.ts";

/** Modes in which a fleet may have a database: the accounts of the others exist on one machine only. */
export const DATABASE_MODES = ["paper", "live"] as const;

/** Held while the schema changes, so that two machines do not change it at once. */
const MIGRATION_LOCK = 0x41_4c_50_54;

const NEWEST = SCHEMA_STEPS.at(-1)?.version ?? 0;

/** How pg-boss delivers. The first to create a queue decides it, so only the migration does. */
const QUEUE_OPTIONS = {
  policy: "exclusive",
  heartbeatSeconds: 10,
  retryLimit: 1_000_000,
  retryDelay: 0,
  // An account may be held for days while its venue is down; pg-boss allows a day.
  expireInSeconds: 86_399,
  deleteAfterSeconds: 86_400,
} as const;

export interface Migrated {
  /** Versions of the fleet's tables, before and after. */
  readonly from: number;
  readonly to: number;
  /** Roles that are not there and that this user may not create. */
  readonly missingRoles: readonly string[];
}

/**
 * Brings the fleet's tables and then pg-boss's to this program's version, and gives the roles what they need. May be called again after a failure.
 * @param boss opened to migrate.
 */
export async function migrateDatabase(connection: Connection, boss: PgBoss): Promise<Migrated> {
  await assertEncoding(connection);
  const from = await connection.transaction(migrateTables);
  await boss.start();
  try {
    for (const mode of DATABASE_MODES) {
      const name = queueName(mode);
      if ((await boss.getQueue(name)) === null) await boss.createQueue(name, QUEUE_OPTIONS);
    }
  } finally {
    await boss.stop({ graceful: false, close: false });
  }
  return { from, to: NEWEST, missingRoles: await grantRoles(connection) };
}

/** Another one has no place for some characters: a halt would be refused for its reason. */
async function assertEncoding(connection: Connection): Promise<void> {
  const [row] = await connection.rows<{ encoding: string }>("SELECT current_setting('server_encoding') AS encoding");
  if (row?.encoding === "UTF8") return;
  throw new TraderError(`The fleet's database has the encoding ${row?.encoding ?? "(unknown)"}; it needs UTF8.`, {
    code: "fleet-database",
    hint: "Create it with CREATE DATABASE fleet ENCODING 'UTF8' TEMPLATE template0.",
    exitCode: EXIT.configuration,
  });
}

async function migrateTables(sql: Sql): Promise<number> {
  await sql.rows("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
  await sql.rows("CREATE SCHEMA IF NOT EXISTS fleet");
  await sql.rows(
    "CREATE TABLE IF NOT EXISTS fleet.schema_version (id boolean PRIMARY KEY DEFAULT true CHECK (id), version int NOT NULL, fleet uuid NOT NULL DEFAULT gen_random_uuid())",
  );
  await sql.rows("INSERT INTO fleet.schema_version (version) VALUES (0) ON CONFLICT DO NOTHING");
  const from = await versionOf(sql);
  if (from > NEWEST) throw newer(from);
  for (const { version, sql: step } of SCHEMA_STEPS) {
    if (version <= from) continue;
    await sql.rows(step);
    await sql.rows("UPDATE fleet.schema_version SET version = $1", [version]);
  }
  return from;
}

/** The fleet's own name, which no other database has. */
export async function fleetIdOf(connection: Connection): Promise<string> {
  const [row] = await connection.rows<{ fleet: string }>("SELECT fleet FROM fleet.schema_version");
  return row?.fleet ?? "";
}

/** @throws TraderError for a database that lacks the fleet's tables, or is of another version. */
export async function assertSchema(connection: Connection): Promise<void> {
  const [found] = await connection.rows<{ name: string | null }>("SELECT to_regclass('fleet.schema_version')::text AS name");
  const version = found?.name == null ? 0 : await versionOf(connection);
  if (version > NEWEST) throw newer(version);
  if (version === NEWEST) return;
  const what =
    version === 0 ? "has no tables of a fleet yet" : `is of an older version (${String(version)}; this program needs ${String(NEWEST)})`;
  throw new TraderError(`The fleet's database ${what}.`, {
    code: "fleet-database",
    hint: "Run `alpaca-trader fleet database --migrate` once, as a user who may create schemas.",
    exitCode: EXIT.configuration,
  });
}

async function versionOf(sql: Sql): Promise<number> {
  const [row] = await sql.rows<{ version: number }>("SELECT version FROM fleet.schema_version");
  return row?.version ?? 0;
}

function newer(version: number): TraderError {
  return new TraderError(
    `The fleet's database was migrated by a newer version of this program (${String(version)}; this one knows ${String(NEWEST)}).`,
    { code: "fleet-database", hint: "Install that version here too.", exitCode: EXIT.configuration },
  );
}
