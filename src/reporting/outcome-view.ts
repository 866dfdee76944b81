import type { AccountSummary } from "../domain/ledger/summaries.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { formatDollars, formatPercent, formatWeight } from "../domain/format.ts";
import { decimal, ZERO, type Decimal } from "../domain/decimal.ts";
import { OUTCOMES } from "../domain/outcome.ts";
import { isOnTargetReason } from "../portfolio/plan.ts";
import { dollarsOf, shareOf, signedDollars, signedPercent } from "./figures.ts";
import { finalLines, isWanted, type FinalLine } from "./plan-lines.ts";
import { oneLine, type Style, type Tint } from "./style.ts";
import { left, right, table, type Cell } from "./table.ts";

const COLUMNS = [...left("Symbol"), ...right("Target", "Actual", "Value", "Difference"), ...left("Action")];

/** What an execution aimed at, against what the account holds after it; one row for every symbol. */
export function targetAgainstActual(execution: ExecutionRecord, style: Style): string[] {
  const plan = execution.plan;
  const after = execution.accountAfter;
  if (plan === undefined) return ["No plan was made."];
  const title = style.paint("strong", "Target against actual:");
  const { base } = plan.buying ?? plan.selling;
  const lines = finalLines(execution);
  if (after === undefined) {
    return [
      title,
      ...table(COLUMNS, rowsOf(execution, lines, undefined), style),
      "The account could not be read afterwards, so the actual weights are not known.",
    ];
  }
  return [
    title,
    ...table(COLUMNS, [...rowsOf(execution, lines, after), cashRow(after)], style),
    style.paint("quiet", `Weights are shares of ${dollarsOf(base)}, the account without its cash reserve and protected positions.`),
  ];
}

function rowsOf(execution: ExecutionRecord, lines: readonly FinalLine[], after: AccountSummary | undefined): Cell[][] {
  const values = new Map(after?.positions.map((position) => [position.symbol, decimal(position.marketValue)]));
  const planned = new Set(lines.map((line) => line.symbol));
  const unplanned = [...values.keys()].filter((symbol) => !planned.has(symbol)).sort();
  const plan = execution.plan?.buying ?? execution.plan?.selling;
  const base = after === undefined || plan === undefined ? undefined : decimal(plan.base);
  return [
    ...lines.map((line) => lineCells(line, isWanted(execution, line), values.get(line.symbol) ?? ZERO, base)),
    ...unplanned.map((symbol) => [symbol, "-", "", formatDollars(values.get(symbol) ?? ZERO), "", "not in the plan"]),
  ];
}

function lineCells(line: FinalLine, wanted: boolean, value: Decimal, base: Decimal | undefined): Cell[] {
  const difference = wanted && base !== undefined ? signedDollars(value.minus(decimal(line.targetValue))) : "";
  return [
    { text: line.symbol, tint: "strong" },
    wanted ? formatWeight(decimal(line.targetWeight)) : "-",
    ...(wanted ? actualCells(value, base) : ["", base === undefined ? "?" : formatDollars(value)]),
    difference,
    actionCell(line),
  ];
}

/** @param base what the targets are shares of, too; `undefined` where the account could not be read. */
function actualCells(value: Decimal, base: Decimal | undefined): Cell[] {
  if (base === undefined) return ["?", "?"];
  return [formatPercent(shareOf(value, base)), formatDollars(value)];
}

function actionCell(line: FinalLine): Cell {
  const reason = line.leftAlone?.replaceAll("-", " ");
  const doubtful = line.neverSent || (line.leftAlone !== undefined && !isOnTargetReason(line.leftAlone));
  const tint: Tint = doubtful ? "warn" : "quiet";
  if (line.neverSent) return { text: "buy never sent", tint };
  if (line.ordered === "none") return { text: reason === undefined ? "nothing to do" : `left alone: ${reason}`, tint };
  return { text: reason === undefined ? line.ordered : `${line.ordered}, the rest left alone: ${reason}`, tint };
}

function cashRow(after: AccountSummary): Cell[] {
  return [{ text: "cash", tint: "quiet" }, "", "", dollarsOf(after.cash)];
}

/** How an execution ended and why, and what the account was worth before and after it. */
export function conclusionLines(execution: ExecutionRecord, style: Style): string[] {
  return [outcomeLine(execution, style), ...valueLines(execution, style)];
}

function outcomeLine(execution: ExecutionRecord, style: Style): string {
  const reason = execution.outcomeReason === undefined ? "" : oneLine(execution.outcomeReason);
  if (execution.outcome === undefined)
    return `${style.mark("warn")}${style.paint("warn", "Not finished")} (${execution.phase})${reason === "" ? "." : `: ${reason}`}`;
  const { tint, words } = OUTCOMES[execution.outcome];
  // The reason of an end on target says so itself.
  const said = execution.outcome === "on-target" && reason !== "";
  const text = said ? reason : `${words} ${reason}`.trim();
  return `${style.mark(tint)}${style.paint(tint, text)}`;
}

function valueLines(execution: ExecutionRecord, style: Style): string[] {
  const before = execution.accountBefore;
  const after = execution.accountAfter;
  if (before === undefined) return [];
  if (after === undefined) return [`Account value: ${dollarsOf(before.equity)} before; afterwards not read.`];
  const change = decimal(after.equity).minus(decimal(before.equity));
  const relative = signedPercent(shareOf(change, decimal(before.equity)), 2);
  return [
    `Account value: ${dollarsOf(before.equity)} ${style.arrow} ${dollarsOf(after.equity)} (${signedDollars(change)}, ${relative})`,
    `Account cash: ${dollarsOf(before.cash)} ${style.arrow} ${dollarsOf(after.cash)}`,
  ];
}
