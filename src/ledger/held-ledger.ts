import { DatabaseSync } from "node:sqlite";
import type { HeldLedger, SurroundingsQuestion, TableRows } from "../domain/ledger/recordings.ts";
import type { LedgerDatabase } from "./database.ts";
import { ledgerFailure } from "./failures.ts";
import { surroundingsIn } from "./surroundings.ts";

/** Keeps states of one ledger readable while it is written. */
export interface LedgerHolder {
  take(): HeldLedger;
  close(): void;
}

/**
 * A second connection holds a read transaction, so SQLite keeps showing it the ledger as it was. That costs microseconds,
 * and nothing is copied until it is read. Connections are used again: opening one takes longer.
 */
export function holderOfFile(file: string): LedgerHolder {
  const idle: DatabaseSync[] = [];
  const inUse = new Set<DatabaseSync>();
  const release = (connection: DatabaseSync): void => {
    if (!inUse.delete(connection)) return;
    if (connection.isTransaction) connection.exec("ROLLBACK");
    idle.push(connection);
  };
  return {
    take: () =>
      guarded(file, () => {
        const connection = idle.pop() ?? new DatabaseSync(file, { readOnly: true });
        connection.exec("BEGIN");
        inUse.add(connection);
        // The transaction begins to see the ledger with its first statement.
        connection.prepare("SELECT 1 FROM account_pins LIMIT 1").get();
        return {
          surroundings: (question) => guarded(file, () => surroundingsIn(connection, question)),
          close: () => release(connection),
        };
      }),
    close: () => {
      for (const connection of inUse) release(connection);
      for (const connection of idle.splice(0)) connection.close();
    },
  };
}

/** A database in memory has one connection only, so its image is kept. */
export function holderInMemory(database: LedgerDatabase, open: (image: Uint8Array) => DatabaseSync): LedgerHolder {
  return {
    take: () => {
      const image = database.serialize();
      const surroundings = (question: SurroundingsQuestion): TableRows[] | undefined => {
        const copy = open(image);
        try {
          return surroundingsIn(copy, question);
        } finally {
          copy.close();
        }
      };
      return { surroundings, close: () => undefined };
    },
    close: () => undefined,
  };
}

function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw ledgerFailure(error, file);
  }
}
