import type { Connection, Sql } from "./connection.ts";
import { QUEUE_SCHEMA } from "./schema.ts";

/** What a database user may be, besides the owner, who migrates and manages accounts. `fleet run` needs the first two. */
const ROLES = ["fleet_intake", "fleet_worker", "fleet_reader"] as const;
type Role = (typeof ROLES)[number];

/** All of an account but its sealed keys. */
const WITHOUT_KEYS = "account, mode, name, number, settings, epoch, holder, claimed_at, added_at, removed_at";

const GRANTS: Readonly<Record<Role, readonly string[]>> = {
  fleet_intake: [
    "SELECT ON fleet.schema_version",
    "SELECT, INSERT, UPDATE ON fleet.sources",
    "SELECT, INSERT, DELETE ON fleet.lines",
    "SELECT, UPDATE (newest) ON fleet.wanted",
    `SELECT (${WITHOUT_KEYS}) ON fleet.accounts`,
    `SELECT ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA}`,
    `INSERT ON ${QUEUE_SCHEMA}.job, ${QUEUE_SCHEMA}.job_common`,
  ],
  // An epoch is changed by fleet.claim alone; it is the only thing that a worker does with the owner's rights.
  fleet_worker: [
    "SELECT ON ALL TABLES IN SCHEMA fleet",
    "UPDATE (holder) ON fleet.accounts",
    "UPDATE (read) ON fleet.wanted",
    "INSERT, UPDATE, DELETE ON fleet.journal, fleet.snapshots, fleet.halts, fleet.workers",
    "EXECUTE ON FUNCTION fleet.claim(bigint, text, text)",
    `SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA}`,
  ],
  fleet_reader: [
    "SELECT ON fleet.schema_version, fleet.sources, fleet.lines, fleet.wanted, fleet.journal, fleet.snapshots, fleet.halts, fleet.workers",
    `SELECT (${WITHOUT_KEYS}) ON fleet.accounts`,
    `SELECT ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA}`,
  ],
};

/**
 * Creates the roles that are missing, if this user may, and gives each what it needs. May be repeated.
 * @returns those that are missing still.
 */
export async function grantRoles(connection: Connection): Promise<Role[]> {
  return connection.transaction(async (sql) => {
    const missing: Role[] = [];
    // A database that was restored without its privileges lets everybody.
    await sql.rows("REVOKE ALL ON FUNCTION fleet.claim(bigint, text, text) FROM PUBLIC");
    for (const role of ROLES) {
      if (await exists(sql, role)) await grant(sql, role);
      else if (await mayCreateRoles(sql)) {
        await sql.rows(`CREATE ROLE ${role} NOLOGIN`);
        await grant(sql, role);
      } else missing.push(role);
    }
    return missing;
  });
}

async function exists(sql: Sql, role: Role): Promise<boolean> {
  return (await sql.rows("SELECT 1 FROM pg_roles WHERE rolname = $1", [role])).length > 0;
}

async function mayCreateRoles(sql: Sql): Promise<boolean> {
  const [row] = await sql.rows<{ may: boolean }>("SELECT rolsuper OR rolcreaterole AS may FROM pg_roles WHERE rolname = current_user");
  return row?.may === true;
}

/** What an earlier version gave and this one does not is taken away. */
async function grant(sql: Sql, role: Role): Promise<void> {
  for (const schema of ["fleet", QUEUE_SCHEMA]) {
    await sql.rows(`REVOKE ALL ON ALL TABLES IN SCHEMA ${schema} FROM ${role}`);
    await sql.rows(`REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ${schema} FROM ${role}`);
    await sql.rows(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
  }
  for (const privilege of GRANTS[role]) await sql.rows(`GRANT ${privilege} TO ${role}`);
}
