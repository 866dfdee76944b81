import { sum, toText } from "../domain/decimal.ts";
import type { LedgerDatabase, Row } from "./database.ts";
import { executionOf } from "./executions.ts";
import { intentOf } from "./intents.ts";
import type { Booking, SubAccountHolding, BookingPage, UnbookedFill, AttributionDelta } from "../domain/ledger/sub-accounts.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { instant, optionalDecimal, readDecimal, readInteger, readOneOf, readOptionalDecimal, readOptionalText, readText } from "./row.ts";

const KINDS = ["fill", "transfer"] as const satisfies readonly Booking["kind"][];

export function recordAttributionDeltas(database: LedgerDatabase, executionId: string, deltas: readonly AttributionDelta[]): void {
  database.transaction(() => {
    for (const { symbol, book, quantity, price } of deltas) {
      database.write(
        "INSERT INTO wishes (execution_id, symbol, book, quantity, price) VALUES (:executionId, :symbol, :book, :quantity, :price)",
        { executionId, symbol, book, quantity: toText(quantity), price: optionalDecimal(price) },
      );
    }
  });
}

export function attributionDeltasOf(database: LedgerDatabase, executionId: string): AttributionDelta[] {
  return database.rows("SELECT * FROM wishes WHERE execution_id = :executionId ORDER BY symbol, book", { executionId }).map((row) => ({
    symbol: readText(row, "symbol"),
    book: readText(row, "book"),
    quantity: readDecimal(row, "quantity"),
    price: readOptionalDecimal(row, "price"),
  }));
}

/** The condition is written exactly as in the index, here and below; otherwise SQLite does not use it. */
export function unbookedExecutions(database: LedgerDatabase): ExecutionRecord[] {
  return database.rows("SELECT * FROM executions WHERE booked = 0 AND finished_at IS NOT NULL ORDER BY number").map(executionOf);
}

export function unbookedFills(database: LedgerDatabase): UnbookedFill[] {
  const rows = database.rows(
    `SELECT * FROM intents WHERE filled_quantity <> booked_quantity
       AND EXISTS (SELECT 1 FROM executions WHERE id = intents.execution_id AND finished_at IS NOT NULL) ORDER BY number`,
  );
  return rows.map((row) => ({
    intent: intentOf(row),
    booked: readDecimal(row, "booked_quantity"),
    bookedAmount: bookedAmount(database, readText(row, "client_order_id")),
  }));
}

export function recordBookings(database: LedgerDatabase, page: BookingPage): void {
  database.transaction(() => {
    for (const booking of page.bookings) appendBooking(database, booking);
    for (const holding of page.holdings) setHolding(database, holding);
    for (const [clientOrderId, quantity] of page.orders) {
      database.write("UPDATE intents SET booked_quantity = :quantity WHERE client_order_id = :clientOrderId", {
        clientOrderId,
        quantity: toText(quantity),
      });
    }
    for (const id of page.executionIds) database.write("UPDATE executions SET booked = 1 WHERE id = :id", { id });
  });
}

export function bookings(database: LedgerDatabase): Booking[] {
  return database.rows("SELECT * FROM bookings ORDER BY number").map((row) => ({
    at: readInteger(row, "at"),
    executionId: readText(row, "execution_id"),
    clientOrderId: readOptionalText(row, "client_order_id"),
    kind: readOneOf(row, "kind", KINDS),
    book: readText(row, "book"),
    symbol: readText(row, "symbol"),
    quantity: readDecimal(row, "quantity"),
    amount: readDecimal(row, "amount"),
  }));
}

export function bookHoldings(database: LedgerDatabase): SubAccountHolding[] {
  return database.rows("SELECT * FROM book_holdings ORDER BY book, symbol").map(holdingOf);
}

function bookedAmount(database: LedgerDatabase, clientOrderId: string): UnbookedFill["bookedAmount"] {
  const rows = database.rows("SELECT amount FROM bookings WHERE client_order_id = :clientOrderId", { clientOrderId });
  return sum(rows.map((row) => readDecimal(row, "amount")));
}

function appendBooking(database: LedgerDatabase, booking: Booking): void {
  database.write(
    `INSERT INTO bookings (at, execution_id, client_order_id, kind, book, symbol, quantity, amount)
     VALUES (:at, :executionId, :clientOrderId, :kind, :book, :symbol, :quantity, :amount)`,
    {
      at: instant(booking.at),
      executionId: booking.executionId,
      clientOrderId: booking.clientOrderId ?? null,
      kind: booking.kind,
      book: booking.book,
      symbol: booking.symbol,
      quantity: toText(booking.quantity),
      amount: toText(booking.amount),
    },
  );
}

function setHolding(database: LedgerDatabase, holding: SubAccountHolding): void {
  database.write(
    `INSERT INTO book_holdings (book, symbol, quantity, cost, realised, cash)
     VALUES (:book, :symbol, :quantity, :cost, :realised, :cash)
     ON CONFLICT (book, symbol) DO UPDATE SET quantity = :quantity, cost = :cost, realised = :realised, cash = :cash`,
    {
      book: holding.book,
      symbol: holding.symbol,
      quantity: toText(holding.quantity),
      cost: toText(holding.cost),
      realised: toText(holding.realised),
      cash: toText(holding.cash),
    },
  );
}

function holdingOf(row: Row): SubAccountHolding {
  return {
    book: readText(row, "book"),
    symbol: readText(row, "symbol"),
    quantity: readDecimal(row, "quantity"),
    cost: readDecimal(row, "cost"),
    realised: readDecimal(row, "realised"),
    cash: readDecimal(row, "cash"),
  };
}
