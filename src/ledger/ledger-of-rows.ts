import { DatabaseSync } from "node:sqlite";
import { TraderError } from "../domain/errors.ts";
import type { TableRows } from "../domain/ledger/recordings.ts";
import { LedgerDatabase } from "./database.ts";
import { migrate, MIGRATIONS, NEWEST_SCHEMA } from "./migrations.ts";
import type { SqliteLedger } from "./sqlite-ledger.ts";
import { ledgerOn } from "./sqlite-ledger.ts";

/** A ledger in memory that begins with rows of another one. */
export interface LedgerOfRows {
  readonly ledger: SqliteLedger;
  /** Adds rows, or replaces those with the same key. Rows of the schema that it was opened with. */
  put(tables: readonly TableRows[]): void;
}

/**
 * @param schema the version that the rows are of; they are migrated.
 * @throws TraderError `recording-newer` for rows of a newer version, `recording-damaged` for what is no row of a ledger.
 */
export function openLedgerOfRows(schema: number, tables: readonly TableRows[]): LedgerOfRows {
  if (schema > NEWEST_SCHEMA)
    throw new TraderError(`The recording is of a newer version of this program (schema ${schema}; this one knows ${NEWEST_SCHEMA}).`, {
      code: "recording-newer",
      hint: "Install that version or a newer one, and replay it there.",
    });
  const connection = new DatabaseSync(":memory:");
  migrate(
    new LedgerDatabase(connection, "of the recording"),
    MIGRATIONS.filter(({ version }) => version <= schema),
  );
  put(connection, tables);
  const ledger = ledgerOn(connection, ":memory:", { isTrusted: true }, "of the recording");
  return {
    ledger,
    put(more) {
      put(connection, more);
      forgetWhatWasRead(ledger);
    },
  };
}

/** The ledger remembers what it has read, until one of its transactions fails. */
function forgetWhatWasRead(ledger: SqliteLedger): void {
  const nothing = new Error("nothing is written");
  try {
    ledger.transaction(() => {
      throw nothing;
    });
  } catch (error) {
    if (error !== nothing) throw error;
  }
}

/** Rows refer to others that are not needed, so references are not checked. */
function put(connection: DatabaseSync, tables: readonly TableRows[]): void {
  connection.exec("PRAGMA foreign_keys = OFF");
  for (const { table, columns, rows } of tables) {
    const known = connection.prepare("SELECT name FROM pragma_table_info(:table)").all({ table });
    const names = new Set(known.map(({ name }) => String(name)));
    if (columns.length === 0 || columns.some((column) => !names.has(column))) throw noRow(table);
    const places = columns.map(() => "?").join(", ");
    const statement = connection.prepare(`INSERT OR REPLACE INTO ${table} (${columns.join(", ")}) VALUES (${places})`);
    try {
      for (const row of rows) statement.run(...row);
    } catch (error) {
      throw noRow(table, error);
    }
  }
  connection.exec("PRAGMA foreign_keys = ON");
}

function noRow(table: string, cause?: unknown): TraderError {
  return new TraderError(`The recording holds rows of "${table.slice(0, 40)}" that no ledger has.`, {
    code: "recording-damaged",
    hint: "It was changed or cut off. Write it again with `alpaca-trader replay EXECUTION --to FILE`.",
    cause,
  });
}
