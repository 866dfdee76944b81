import { describe } from "@jest/globals";
import { PostgresServer } from "./postgres-server.ts";

/**
 * `describe` for a suite on a real PostgreSQL. Where none can be started, its tests are skipped, and a line on stderr says why:
 * Jest shows no names of skipped tests when it runs many files.
 */
export function describeWithPostgres(name: string, suite: () => void): void {
  const { missing } = PostgresServer;
  if (missing !== undefined) process.stderr.write(`SKIPPED: ${name}: ${missing}\n`);
  const where = missing === undefined ? describe : describe.skip;
  where(missing === undefined ? name : `${name} (skipped: ${missing})`, suite);
}
