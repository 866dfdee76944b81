import type { Account, Position } from "../domain/broker.ts";
import { modeLabel } from "../domain/config.ts";
import { formatDollars, formatShares } from "../domain/format.ts";
import { ZERO, type Decimal } from "../domain/decimal.ts";
import { formatPrice, shareOf, signedPercent } from "./figures.ts";
import type { Style } from "./style.ts";
import { left, right, table, type Cell } from "./table.ts";

export interface AccountContext {
  /** `simulator`, `paper`, `shadow` or `live`. */
  readonly mode: string;
  readonly brokerName: string;
}

const BANNER_WIDTH = 60;

/**
 * The current account, one `Label: value` per line so that tools can match them (part of the public
 * contract).
 * @param positions `undefined` when they could not be read, which must not look like an empty account.
 */
export function accountSummary(
  account: Account,
  positions: readonly Position[] | undefined,
  context: AccountContext,
  style: Style,
): string[] {
  const rule = style.paint("quiet", (style.rich ? "━" : "=").repeat(BANNER_WIDTH));
  return [
    rule,
    style.paint("strong", "ALPACA ACCOUNT SUMMARY"),
    rule,
    ...accountFigures(account, style),
    `Mode: ${modeLabel(context.mode)} (${context.brokerName})`,
    "",
    ...positionLines(positions, style),
    rule,
  ];
}

export function accountFigures(account: Account, style: Style): string[] {
  const blocked = account.blocks.length > 0;
  return [
    `Account Number: ${account.number}`,
    `Portfolio Value: ${formatDollars(account.equity)}`,
    `Buying Power: ${formatDollars(account.buyingPower)}`,
    `Cash: ${money(account.cash, style)}`,
    `Status: ${style.paint(account.status === "ACTIVE" && !blocked ? "good" : "bad", account.status)}`,
    ...(blocked ? [`Blocked: ${style.paint("bad", account.blocks.join(", "))}`] : []),
  ];
}

function money(amount: Decimal, style: Style): string {
  return amount.lt(ZERO) ? style.paint("bad", formatDollars(amount)) : formatDollars(amount);
}

const COLUMNS = [...left(""), ...right("", "", "", "")];

function positionLines(positions: readonly Position[] | undefined, style: Style): string[] {
  if (positions === undefined) return [style.paint("warn", "The positions could not be read.")];
  if (positions.length === 0) return ["No positions."];
  const ordered = [...positions].sort((one, other) => other.marketValue.cmp(one.marketValue));
  return [style.paint("strong", "Current positions:"), ...table(COLUMNS, ordered.map(positionCells), style)];
}

function positionCells(position: Position): Cell[] {
  const profit = profitOf(position);
  return [
    { text: position.symbol, tint: "strong" },
    formatShares(position.quantity),
    position.currentPrice === undefined ? "@ no price" : `@ $${formatPrice(position.currentPrice)}`,
    formatDollars(position.marketValue),
    profit === undefined
      ? { text: "P&L unknown", tint: "quiet" }
      : { text: `P&L ${signedPercent(profit)}`, tint: profit.lt(ZERO) ? "bad" : "good" },
  ];
}

/** Unrealised profit as a fraction of the cost. */
function profitOf(position: Position): Decimal | undefined {
  if (position.unrealizedProfit === undefined || position.costBasis.eq(ZERO)) return undefined;
  return shareOf(position.unrealizedProfit, position.costBasis.abs());
}
