import type { Book, BookPosition } from "../accounts/read-sub-accounts.ts";
import { formatDollars, formatQuantity } from "../domain/format.ts";
import type { Decimal } from "../domain/decimal.ts";
import { sum, ZERO } from "../domain/decimal.ts";
import { formatPrice, signedDollars } from "./figures.ts";
import type { Style } from "./style.ts";
import type { Cell, Column } from "./table.ts";
import { table } from "./table.ts";

const COLUMNS: readonly Column[] = [
  { title: "Book", align: "left" },
  { title: "Symbol", align: "left" },
  { title: "Shares", align: "right" },
  { title: "Average cost", align: "right" },
  { title: "Value", align: "right" },
  { title: "Unrealised", align: "right" },
  { title: "Realised", align: "right" },
];

/**
 * Whose what is (R32): every holding in its book, what was sold wholly with the profit that it brought, and
 * what it comes to. Values and cash of all books add up to the account to the cent.
 */
export function booksTable(books: readonly Book[], style: Style): string[] {
  return table(COLUMNS, [...books.flatMap(bookRows), totalRow(books)], style);
}

function bookRows(book: Book): Cell[][] {
  return [
    ...book.positions.map((position) => positionRow(book.name, position)),
    [
      { text: book.name, tint: "strong" },
      { text: "cash", tint: "quiet" },
      { text: "" },
      { text: "" },
      { text: formatDollars(book.cash) },
      profitCell(book.unrealised),
      book.realised === undefined ? { text: "" } : profitCell(book.realised),
    ],
  ];
}

function positionRow(book: string, { symbol, quantity, averageCost, marketValue, unrealised, realised }: BookPosition): Cell[] {
  return [
    { text: book, tint: "strong" },
    { text: symbol },
    { text: formatQuantity(quantity) },
    { text: averageCost === undefined ? "" : `$${formatPrice(averageCost)}` },
    { text: formatDollars(marketValue) },
    { text: signedDollars(unrealised) },
    { text: realised === undefined ? "" : signedDollars(realised) },
  ];
}

function totalRow(books: readonly Book[]): Cell[] {
  const worth = sum(books.map(({ cash, marketValue }) => cash.plus(marketValue)));
  return [{ text: "account", tint: "quiet" }, { text: "" }, { text: "" }, { text: "" }, { text: formatDollars(worth) }];
}

function profitCell(amount: Decimal): Cell {
  return { text: signedDollars(amount), tint: amount.lt(ZERO) ? "bad" : "good" };
}
