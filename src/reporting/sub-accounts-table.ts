import type { SubAccount, SubAccountPosition } from "../accounts/read-sub-accounts.ts";
import { formatDollars, formatQuantity } from "../domain/format.ts";
import { sum, ZERO, type Decimal } from "../domain/decimal.ts";
import { formatPrice, signedDollars } from "./figures.ts";
import type { Style } from "./style.ts";
import { table, type Cell, type Column } from "./table.ts";

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
 * Sub-accounts (R32): every position, closed ones with their profit, and the totals. Values and cash of all
 * sub-accounts add up to the account to the cent.
 */
export function subAccountsTable(subAccounts: readonly SubAccount[], style: Style): string[] {
  return table(COLUMNS, [...subAccounts.flatMap(bookRows), totalRow(subAccounts)], style);
}

function bookRows(book: SubAccount): Cell[][] {
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

function positionRow(book: string, { symbol, quantity, averageCost, marketValue, unrealised, realised }: SubAccountPosition): Cell[] {
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

function totalRow(subAccounts: readonly SubAccount[]): Cell[] {
  const worth = sum(subAccounts.map(({ cash, marketValue }) => cash.plus(marketValue)));
  return [{ text: "account", tint: "quiet" }, { text: "" }, { text: "" }, { text: "" }, { text: formatDollars(worth) }];
}

function profitCell(amount: Decimal): Cell {
  return { text: signedDollars(amount), tint: amount.lt(ZERO) ? "bad" : "good" };
}
