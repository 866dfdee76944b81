import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { MachinesInstallation } from "./machines-installation.ts";

/** A file of the database larger than this is read in parts by its own page cache anyway; none of a test's is. */
const READ_BYTES = 1 << 28;

/**
 * Looks for the accounts' keys in everything that the database keeps: every row as text, every ledger as it is restored, the
 * server's own files, and what `pg_dump` writes where there is one.
 */
export async function plantedKeys(
  { store, fleet, server }: MachinesInstallation,
  names: readonly string[],
): Promise<{ keys: string[]; where: string }> {
  const secrets = names.flatMap((name) => [fleet.keyOf(name), fleet.secretOf(name)]);
  const found = new Set<string>();
  const look = (bytes: Uint8Array): void => {
    const text = Buffer.from(bytes).toString("latin1");
    for (const secret of secrets) if (text.includes(secret) || text.includes(Buffer.from(secret).toString("hex"))) found.add(secret);
  };
  const { connection } = store;
  const tables = await connection.rows<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('fleet', 'fleet_queue')",
  );
  for (const { name } of tables)
    for (const { text } of await connection.rows<{ text: string }>(`SELECT t::text AS text FROM ${name} t`)) look(Buffer.from(text));
  for (const { account } of await connection.rows<{ account: string }>("SELECT account FROM fleet.snapshots")) {
    const { image, changes } = await store.ledgers.read(account);
    for (const bytes of [image ?? Buffer.alloc(0), ...changes]) look(bytes);
  }
  await connection.rows("CHECKPOINT");
  const files = readdirSync(server.data, { recursive: true, encoding: "utf8" }).map((name) => join(server.data, name));
  for (const file of files) {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isFile() === true && stats.size < READ_BYTES) look(readFileSync(file));
  }
  const dump = server.dump();
  if (dump !== undefined) look(dump);
  return {
    keys: [...found],
    where: `every row and ledger, ${String(files.length)} files of the server${dump === undefined ? "" : ", and pg_dump"}`,
  };
}
