import { DatabaseSync } from "node:sqlite";
import { damagedLedger, emptyLedger, ledgerFailure, missingLedger } from "./failures.ts";
import { MIGRATIONS } from "./migrations.ts";
import { notAFile, statOf } from "./private-file.ts";
import type { SqliteLedger } from "./sqlite-ledger.ts";
import { openLedgerImage } from "./sqlite-ledger.ts";

/** The content of a ledger at one time. */
export interface LedgerCopy {
  /** In memory, migrated to this version's schema; writing to it changes no file. */
  readonly ledger: SqliteLedger;
  /** Of the file. */
  readonly schema: number;
  /** That this version writes. */
  readonly newestSchema: number;
}

/**
 * Reads a ledger without changing it: it keeps its schema, so that an older daemon can continue to use it,
 * and it does not wait for a running daemon.
 * @throws TraderError when it is not there or empty, cannot be read, is damaged, is no ledger, or is of a newer version.
 */
export function copyLedger(file: string): LedgerCopy {
  const found = statOf(file, "ledger");
  if (found === undefined) throw missingLedger(file);
  if (!found.isFile()) throw notAFile(file, "ledger");
  if (found.size === 0) throw emptyLedger(file);
  const database = openReadOnly(file);
  try {
    const finding = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0];
    if (finding !== "ok") throw damagedLedger(file, String(finding));
    const schema = Number(Object.values(database.prepare("PRAGMA user_version").get() ?? {})[0]);
    return { ledger: openLedgerImage(database.serialize(), {}, file), schema, newestSchema: MIGRATIONS.at(-1)?.version ?? 0 };
  } catch (error) {
    throw ledgerFailure(error, file);
  } finally {
    database.close();
  }
}

function openReadOnly(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { readOnly: true });
  } catch (error) {
    throw ledgerFailure(error, file);
  }
}
