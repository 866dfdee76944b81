import { formatDollars, formatShares } from "../domain/format.ts";
import { isOnTargetReason, type Plan, type PlanLine, type PlannedOrder } from "../portfolio/plan.ts";
import { oneLine, type Style, type Tint } from "./style.ts";
import { left, right, table, type Cell } from "./table.ts";

const ORDER_COLUMNS = [...left(""), ...right("", "")];

/** The planned trades: every symbol with its reason, then the orders. */
export function dryRunLines(plan: Plan, style: Style): string[] {
  return [
    style.paint("strong", `Dry run: the plan on a base of ${formatDollars(plan.base)}`),
    ...(plan.lines.length === 0 ? ["  No positions and no targets."] : table(left("", ""), plan.lines.map(lineCells), style)),
    "",
    ...orderLines(plan, style),
    "Dry run: nothing was sent.",
  ];
}

function lineCells(line: PlanLine): Cell[] {
  return [
    { text: line.symbol, tint: "strong" },
    { text: oneLine(line.detail), tint: tintOf(line) },
  ];
}

function tintOf(line: PlanLine): Tint {
  if (line.leftAlone !== undefined && !isOnTargetReason(line.leftAlone)) return "warn";
  return line.action === "none" ? "quiet" : "accent";
}

function orderLines(plan: Plan, style: Style): string[] {
  const orders = [...plan.sells, ...plan.buys];
  if (orders.length === 0) return ["No order would be sent."];
  const after = plan.sells.length > 0 && plan.buys.length > 0 ? ["The buys are planned again with the actual proceeds of the sells."] : [];
  return [style.paint("strong", "Orders that would be sent:"), ...table(ORDER_COLUMNS, orders.map(orderCells), style), ...after];
}

function orderCells(order: PlannedOrder): Cell[] {
  const name = `${order.symbol}_${order.side.toUpperCase()}`;
  const tint: Tint = order.side === "buy" ? "good" : "warn";
  if (order.notional !== undefined) return [{ text: name, tint }, formatDollars(order.notional)];
  const shares = order.quantity === undefined ? "" : `${order.fullExit ? "all " : ""}${formatShares(order.quantity)}`;
  return [{ text: name, tint }, shares, `about ${formatDollars(order.estimatedValue)}`];
}
