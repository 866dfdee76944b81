import type { StrategyReport } from "../account-report.ts";
import { columns, html, htmlTable, numbers, type Markup } from "../html.ts";
import { dollarsCell, profitCell } from "../report-cells.ts";

const COLUMNS = [
  ...columns("Strategy"),
  ...numbers("Profit", "Realised", "Unrealised"),
  { title: "Value", kind: "number", wide: "phone" },
] as const;

/** Profit and loss of each strategy since the ledger began. */
export function strategiesSection(strategies: readonly StrategyReport[] | null): Markup {
  if (strategies === null) return html`<p class="quiet">Not known before the account has been read.</p>`;
  const rows = strategies.map(({ name, profit, realised, unrealised, value }) => [
    name,
    profitCell(profit),
    profitCell(realised),
    profitCell(unrealised),
    dollarsCell(value),
  ]);
  return htmlTable("Profit and loss of each strategy", COLUMNS, rows);
}
