import type { Style, Tint } from "./style.ts";

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

export interface Cell {
  readonly text: string;
  readonly tint?: Tint;
}

const GAP = "  ";

/**
 * Columns as wide as their widest cell, two spaces apart. Widths are measured before colouring, because
 * escape codes take no room on the screen.
 * @param rows cells in column order; a missing cell is empty.
 */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], style: Style, indent = GAP): string[] {
  const widths = columns.map((column, index) => Math.max(column.title.length, ...rows.map((row) => row[index]?.text.length ?? 0)));
  const titled = columns.some((column) => column.title !== "");
  const header: Cell[] = columns.map((column) => ({ text: column.title, tint: "quiet" }));
  return [...(titled ? [header] : []), ...rows].map((row) => indent + rowText(columns, row, widths, style));
}

function rowText(columns: readonly Column[], row: readonly Cell[], widths: readonly number[], style: Style): string {
  const last = row.findLastIndex((cell) => cell.text !== "");
  return columns
    .slice(0, last + 1)
    .map((column, index) =>
      cellText(row[index] ?? { text: "" }, column, index === last ? 0 : (widths[index] ?? 0), widths[index] ?? 0, style),
    )
    .join(GAP);
}

/** The last cell of a row is not padded: trailing blanks are noise in a pipe. */
function cellText(cell: Cell, column: Column, leftWidth: number, rightWidth: number, style: Style): string {
  const padded = column.align === "right" ? cell.text.padStart(rightWidth) : cell.text.padEnd(leftWidth);
  return cell.tint === undefined ? padded : style.paint(cell.tint, padded);
}
