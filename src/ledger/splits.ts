import { toText } from "../domain/decimal.ts";
import type { LedgerDatabase, Row } from "./database.ts";
import type { SessionQuantity, SplitRecord } from "../domain/ledger/splits.ts";
import { instant, optionalInstant, readDecimal, readInteger, readOptionalInteger, readText } from "./row.ts";

/** About a quarter of sessions; only the newest one counts, the others help to investigate a split later. */
const SESSIONS_KEPT = 60;

export function recordSessionQuantity(database: LedgerDatabase, { symbol, session, quantity, at }: SessionQuantity): void {
  database.transaction(() => {
    database.write(
      `INSERT INTO session_quantities (symbol, session, quantity, at) VALUES (:symbol, :session, :quantity, :at)
       ON CONFLICT (symbol, session) DO UPDATE SET quantity = :quantity, at = :at`,
      { symbol, session, quantity: toText(quantity), at: instant(at) },
    );
    database.write(
      `DELETE FROM session_quantities WHERE symbol = :symbol AND session NOT IN
         (SELECT session FROM session_quantities WHERE symbol = :symbol ORDER BY session DESC LIMIT :kept)`,
      { symbol, kept: SESSIONS_KEPT },
    );
  });
}

export function lastSessionQuantity(database: LedgerDatabase, symbol: string): SessionQuantity | undefined {
  const sql = "SELECT * FROM session_quantities WHERE symbol = :symbol ORDER BY session DESC LIMIT 1";
  return database.records("session_quantities", sql, { symbol }, quantityIn)[0];
}

function quantityIn(row: Row): SessionQuantity {
  return {
    symbol: readText(row, "symbol"),
    session: readText(row, "session"),
    quantity: readDecimal(row, "quantity"),
    at: readInteger(row, "at"),
  };
}

export function recordSplit(database: LedgerDatabase, { symbol, session, ratio, quantity, foundAt, bookedAt }: SplitRecord): void {
  database.write(
    `INSERT INTO splits (symbol, session, ratio, quantity, found_at, booked_at)
       VALUES (:symbol, :session, :ratio, :quantity, :foundAt, :bookedAt)
     ON CONFLICT (symbol, session) DO UPDATE
       SET ratio = :ratio, quantity = :quantity, found_at = :foundAt, booked_at = :bookedAt`,
    {
      symbol,
      session,
      ratio: toText(ratio),
      quantity: toText(quantity),
      foundAt: instant(foundAt),
      bookedAt: optionalInstant(bookedAt),
    },
  );
}

export function splitsOf(database: LedgerDatabase, symbol: string): SplitRecord[] {
  return database.records("splits", "SELECT * FROM splits WHERE symbol = :symbol ORDER BY session", { symbol }, splitIn);
}

export function unbookedSplits(database: LedgerDatabase): SplitRecord[] {
  return database.records("splits", "SELECT * FROM splits WHERE booked_at IS NULL ORDER BY symbol, session", {}, splitIn);
}

function splitIn(row: Row): SplitRecord {
  return {
    symbol: readText(row, "symbol"),
    session: readText(row, "session"),
    ratio: readDecimal(row, "ratio"),
    quantity: readDecimal(row, "quantity"),
    foundAt: readInteger(row, "found_at"),
    bookedAt: readOptionalInteger(row, "booked_at"),
  };
}
