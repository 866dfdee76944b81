import { EXIT, type ExitCode } from "../../../domain/errors.ts";
import { Connection } from "../../../fleet/store/connection.ts";
import { assertSchema, migrateDatabase } from "../../../fleet/store/migrate.ts";
import { durabilityProblems, readServer } from "../../../fleet/store/server-facts.ts";
import { newBoss } from "../../../fleet/store/postgres-store.ts";
import type { CommandContext } from "../../context.ts";
import { configuration, databaseUrl } from "./open.ts";

export interface DatabaseOptions {
  readonly migrate?: boolean;
  readonly check?: boolean;
}

/** Makes or checks the tables of the fleet. @returns 1 when the database may lose what it has confirmed. */
export async function database({ env, out }: CommandContext, { migrate = false, check = false }: DatabaseOptions): Promise<ExitCode> {
  if (migrate === check)
    throw configuration("`fleet database` needs --migrate or --check.", "--migrate changes the tables, --check only looks.");
  const connection = await Connection.open(databaseUrl(env));
  try {
    if (migrate) {
      const { from, to, missingRoles } = await migrateDatabase(connection, await newBoss(connection, { migrates: true }));
      out.line(
        from === to
          ? `The fleet's tables are of this version (${String(to)}) already.`
          : `The fleet's tables are now of version ${String(to)}.`,
      );
      if (missingRoles.length > 0)
        out.line(
          `Roles that are missing: ${missingRoles.join(", ")}. If intakes, workers and readers are to have their own users, let an administrator run ${missingRoles.map((role) => `CREATE ROLE ${role};`).join(" ")} and repeat this command.`,
        );
    } else {
      await assertSchema(connection);
      out.line("The fleet's tables are of this program's version.");
    }
    const problems = durabilityProblems(await readServer(connection));
    for (const problem of problems) out.line(`Warning: ${problem}`);
    return problems.length === 0 ? EXIT.ok : EXIT.failed;
  } finally {
    await connection.close();
  }
}
