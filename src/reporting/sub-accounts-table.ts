import type { SubAccount, SubAccountPosition } from "../accounts/read-sub-accounts.ts";
import { formatDollars, formatQuantity } from "../domain/format.ts";
import { sum, ZERO, type Decimal } from "../domain/decimal.ts";
import { formatPrice, signedDollars } from "./figures.ts";
import type { Style } from "./style.ts";
import { left, right, table, type Cell } from "./table.ts";

const COLUMNS = [...left("Sub-account", "Symbol"), ...right("Shares", "Average cost", "Value", "Unrealised", "Realised")];

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
      "",
      "",
      formatDollars(book.cash),
      profitCell(book.unrealised),
      book.realised === undefined ? "" : profitCell(book.realised),
    ],
  ];
}

function positionRow(book: string, { symbol, quantity, averageCost, marketValue, unrealised, realised }: SubAccountPosition): Cell[] {
  return [
    { text: book, tint: "strong" },
    symbol,
    formatQuantity(quantity),
    averageCost === undefined ? "" : `$${formatPrice(averageCost)}`,
    formatDollars(marketValue),
    signedDollars(unrealised),
    realised === undefined ? "" : signedDollars(realised),
  ];
}

function totalRow(subAccounts: readonly SubAccount[]): Cell[] {
  const worth = sum(subAccounts.map(({ cash, marketValue }) => cash.plus(marketValue)));
  return [{ text: "account", tint: "quiet" }, "", "", "", formatDollars(worth)];
}

function profitCell(amount: Decimal): Cell {
  return { text: signedDollars(amount), tint: amount.lt(ZERO) ? "bad" : "good" };
}
