import type { Style, Tint } from "./style.ts";

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

export type Cell = string | { readonly text: string; readonly tint?: Tint };

const GAP = "  ";

/** Columns aligned to the left. A table whose titles are all empty has no header. */
export function left(...titles: readonly string[]): Column[] {
  return titles.map((title) => ({ title, align: "left" }));
}

export function right(...titles: readonly string[]): Column[] {
  return titles.map((title) => ({ title, align: "right" }));
}

/**
 * Columns as wide as their widest cell, two spaces apart. Widths are measured before colouring, because
 * escape codes take no room on the screen.
 * @param rows cells in column order; a missing cell is empty.
 */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], style: Style, indent = GAP): string[] {
  const widths = columns.map((column, index) => Math.max(column.title.length, ...rows.map((row) => textOf(row[index]).length)));
  const titled = columns.some((column) => column.title !== "");
  const header: Cell[] = columns.map((column) => ({ text: column.title, tint: "quiet" }));
  return [...(titled ? [header] : []), ...rows].map((row) => indent + rowText(columns, row, widths, style));
}

function rowText(columns: readonly Column[], row: readonly Cell[], widths: readonly number[], style: Style): string {
  const last = row.findLastIndex((cell) => textOf(cell) !== "");
  return columns
    .slice(0, last + 1)
    .map((column, index) => cellText(row[index] ?? "", column, index === last ? 0 : (widths[index] ?? 0), widths[index] ?? 0, style))
    .join(GAP);
}

/** The last cell of a row is not padded: trailing blanks are noise in a pipe. */
function cellText(cell: Cell, column: Column, leftWidth: number, rightWidth: number, style: Style): string {
  const padded = column.align === "right" ? textOf(cell).padStart(rightWidth) : textOf(cell).padEnd(leftWidth);
  return typeof cell === "string" || cell.tint === undefined ? padded : style.paint(cell.tint, padded);
}

function textOf(cell: Cell = ""): string {
  return typeof cell === "string" ? cell : cell.text;
}
