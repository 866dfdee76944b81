import type { LedgerDatabase } from "./database.ts";
import type { PinnedAccount, StrangerOrder } from "../domain/ledger/account.ts";
import { instant, readInteger, readOptionalText, readText } from "./row.ts";

/** R27. The newest pin counts; older ones are kept as a history of changes. */
export function pinnedAccount(database: LedgerDatabase): PinnedAccount | undefined {
  const row = database.row("SELECT number, pinned_at, mark FROM account_pins ORDER BY id DESC LIMIT 1");
  return row && { number: readText(row, "number"), pinnedAt: readInteger(row, "pinned_at"), mark: readOptionalText(row, "mark") };
}

export function pinAccount(database: LedgerDatabase, number: string, at: number, mark?: string): void {
  database.write("INSERT INTO account_pins (number, pinned_at, mark) VALUES (:number, :at, :mark)", {
    number,
    at: instant(at),
    mark: mark ?? null,
  });
}

/** Executions of another account before a new pin do not count: they bought nothing for this one. */
export function hasTraded(database: LedgerDatabase, account: string): boolean {
  const sql = `SELECT 1 FROM intents JOIN executions ON executions.id = intents.execution_id
    WHERE executions.account_number = :account AND intents.filled_quantity <> '0' LIMIT 1`;
  return database.row(sql, { account }) !== undefined;
}

/** R24. An unknown order seen again is recorded once. */
export function recordStranger(database: LedgerDatabase, { clientOrderId, session, at }: StrangerOrder): void {
  database.write("INSERT OR IGNORE INTO strangers (client_order_id, session, at) VALUES (:clientOrderId, :session, :at)", {
    clientOrderId,
    session,
    at: instant(at),
  });
}

export function strangersMet(database: LedgerDatabase, session: string): string[] {
  const rows = database.rows("SELECT client_order_id FROM strangers WHERE session = :session", { session });
  return rows.map((row) => readText(row, "client_order_id"));
}

/** R27. The newest adoption counts. */
export function adoptedAt(database: LedgerDatabase, account: string): number | undefined {
  const row = database.row("SELECT at FROM adoptions WHERE account = :account ORDER BY number DESC LIMIT 1", { account });
  return row && readInteger(row, "at");
}

export function recordAdoption(database: LedgerDatabase, account: string, at: number): void {
  database.write("INSERT INTO adoptions (account, at) VALUES (:account, :at)", { account, at: instant(at) });
}

export function assetIds(database: LedgerDatabase, symbols: readonly string[]): Map<string, string> {
  if (symbols.length === 0) return new Map();
  const sql = "SELECT symbol, id FROM asset_ids WHERE symbol IN (SELECT value FROM json_each(:symbols))";
  const values = { symbols: JSON.stringify(symbols) };
  return new Map(database.records("asset_ids", sql, values, (row) => [readText(row, "symbol"), readText(row, "id")] as const));
}

/** A lost row only costs a warning about a renamed ticker, so it waits for the next flush. */
export function recordAssetIds(database: LedgerDatabase, ids: ReadonlyMap<string, string>, at: number): void {
  const known = assetIds(database, [...ids.keys()]);
  const changed = [...ids].filter(([symbol, id]) => known.get(symbol) !== id);
  if (changed.length === 0) return;
  database.transaction(() => {
    for (const [symbol, id] of changed) {
      database.write(
        "INSERT INTO asset_ids (symbol, id, at) VALUES (:symbol, :id, :at) ON CONFLICT (symbol) DO UPDATE SET id = :id, at = :at",
        { symbol, id, at: instant(at) },
      );
    }
  }, "ordered");
}
