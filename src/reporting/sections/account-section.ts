import { decimal, sum, ZERO } from "../../domain/decimal.ts";
import { formatPercent } from "../../domain/format.ts";
import type { AccountReport } from "../account-report.ts";
import { shareOf } from "../figures.ts";
import { figureList, html, type Markup } from "../html.ts";
import { dollarsOrNull, fractionOrNull } from "../json-values.ts";
import { dollarsCell, profitCell, returnCell } from "../report-cells.ts";
import { UNKNOWN } from "./words.ts";

/** The money: equity, the day, the open positions, cash. */
export function accountFigures(account: AccountReport): Markup {
  const { equity, cash, day_profit, day_return, day_flows, positions } = account;
  const open = openProfit(account);
  return figureList([
    ["Equity", dollarsCell(equity), accountText(account)],
    [
      "Today's P/L (excl. deposits)",
      profitCell(day_profit),
      day_profit === null ? "not known without the broker" : html`${returnCell(day_return)} since the last close`,
    ],
    [
      "Open positions",
      positions.length === 0 ? "none" : profitCell(open.profit),
      open.return === null ? undefined : returnCell(open.return),
    ],
    ["Cash", dollarsCell(cash), shareText(cash, equity)],
    ...(day_flows === null || decimal(day_flows).eq(ZERO) ? [] : [["Deposits today", dollarsCell(day_flows)] as const]),
  ]);
}

function accountText({ number, status, blocks }: AccountReport): string {
  const state = [...(status === "ACTIVE" ? [] : [status]), ...blocks];
  return `account ${number}${state.length === 0 ? "" : `: ${state.join(", ").replaceAll("_", " ")}`}`;
}

/** `null` when the profit of a position is not known. */
function openProfit({ positions }: AccountReport): { readonly profit: string | null; readonly return: string | null } {
  const profits = positions.flatMap(({ unrealised }) => (unrealised === null ? [] : [decimal(unrealised)]));
  if (positions.length === 0 || profits.length < positions.length) return { profit: null, return: null };
  const profit = sum(profits);
  const cost = sum(positions.map(({ value }) => decimal(value))).minus(profit);
  return { profit: dollarsOrNull(profit), return: cost.gt(ZERO) ? fractionOrNull(shareOf(profit, cost)) : null };
}

function shareText(cash: string, equity: string): string {
  return decimal(equity).eq(ZERO) ? UNKNOWN : `${formatPercent(shareOf(decimal(cash), decimal(equity)))} of the account`;
}
