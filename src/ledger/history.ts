import { toText } from "../domain/decimal.ts";
import type { LedgerDatabase, Row } from "./database.ts";
import { SIDES } from "./intents.ts";
import type { EquityRecord, FillRecord, NewNote, NoteRecord } from "../domain/ledger/decisions.ts";
import { instant, json, readDecimal, readInteger, readJson, readOneOf, readOptionalText, readText } from "./row.ts";

/** The stream and the activities report the same fill; its id prevents duplicates. */
export function recordFill(database: LedgerDatabase, fill: FillRecord): void {
  database.write(
    `INSERT INTO fills (id, execution_id, client_order_id, symbol, side, quantity, price, at)
     VALUES (:id, :executionId, :clientOrderId, :symbol, :side, :quantity, :price, :at) ON CONFLICT (id) DO NOTHING`,
    {
      id: fill.id,
      executionId: fill.executionId,
      clientOrderId: fill.clientOrderId,
      symbol: fill.symbol,
      side: fill.side,
      quantity: toText(fill.quantity),
      price: toText(fill.price),
      at: instant(fill.at),
    },
  );
}

/** In recording order. */
export function fillsOf(database: LedgerDatabase, executionId: string): FillRecord[] {
  return database.rows("SELECT * FROM fills WHERE execution_id = :executionId ORDER BY number", { executionId }).map(fillOf);
}

export function recordEquity(database: LedgerDatabase, snapshot: EquityRecord): void {
  database.write(
    `INSERT INTO equity (at, equity, last_equity, cash, execution_id)
     VALUES (:at, :equity, :lastEquity, :cash, :executionId)`,
    {
      at: instant(snapshot.at),
      equity: toText(snapshot.equity),
      lastEquity: toText(snapshot.lastEquity),
      cash: toText(snapshot.cash),
      executionId: snapshot.executionId ?? null,
    },
  );
}

/** From `at` on, inclusive; oldest first. */
export function equitySince(database: LedgerDatabase, at: number): EquityRecord[] {
  return database.rows("SELECT * FROM equity WHERE at >= :at ORDER BY at, number", { at }).map(equityOf);
}

export function appendNote(database: LedgerDatabase, entry: NewNote): void {
  database.write("INSERT INTO notes (execution_id, at, kind, text, facts) VALUES (:executionId, :at, :kind, :text, :facts)", {
    executionId: entry.executionId,
    at: instant(entry.at),
    kind: entry.kind,
    text: entry.text,
    facts: json(entry.facts),
  });
}

/** In writing order. */
export function notesOf(database: LedgerDatabase, executionId: string): NoteRecord[] {
  return database.rows("SELECT * FROM notes WHERE execution_id = :executionId ORDER BY id", { executionId }).map(noteOf);
}

function fillOf(row: Row): FillRecord {
  return {
    id: readText(row, "id"),
    executionId: readText(row, "execution_id"),
    clientOrderId: readText(row, "client_order_id"),
    symbol: readText(row, "symbol"),
    side: readOneOf(row, "side", SIDES),
    quantity: readDecimal(row, "quantity"),
    price: readDecimal(row, "price"),
    at: readInteger(row, "at"),
  };
}

function equityOf(row: Row): EquityRecord {
  return {
    at: readInteger(row, "at"),
    equity: readDecimal(row, "equity"),
    lastEquity: readDecimal(row, "last_equity"),
    cash: readDecimal(row, "cash"),
    executionId: readOptionalText(row, "execution_id"),
  };
}

function noteOf(row: Row): NoteRecord {
  const facts = readJson(row, "facts");
  return {
    id: readInteger(row, "id"),
    executionId: readText(row, "execution_id"),
    at: readInteger(row, "at"),
    kind: readText(row, "kind"),
    text: readText(row, "text"),
    ...(facts === undefined ? {} : { facts }),
  };
}
