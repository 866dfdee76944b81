import { styleText } from "node:util";

/** What a piece of text means; the colour follows from it. */
export type Tint = "good" | "bad" | "warn" | "quiet" | "strong" | "accent";

/** How text is dressed: with colours and symbols on a terminal, not at all elsewhere. */
export interface Style {
  readonly rich: boolean;
  paint(tint: Tint, text: string): string;
  /** A symbol and a space before a line; nothing in plain text. */
  mark(tint: Tint): string;
  /** `share` of `width` cells filled; 0 to 1. */
  bar(share: number, width: number): string;
  /** Stands between a value before and a value after. */
  readonly arrow: string;
}

const COLOURS = {
  good: "green",
  bad: "red",
  warn: "yellow",
  quiet: "dim",
  strong: "bold",
  accent: "cyan",
} as const satisfies Record<Tint, Parameters<typeof styleText>[0]>;

const MARKS: Record<Tint, string> = { good: "✔", bad: "✖", warn: "⚠", quiet: "·", strong: "▸", accent: "◆" };

/** For pipes, files and `NO_COLOR`: nothing but the words. */
export const plainStyle: Style = {
  rich: false,
  paint: (_tint, text) => text,
  mark: () => "",
  bar: (share, width) => "#".repeat(cells(share, width)).padEnd(width, "."),
  arrow: "->",
};

/** Whether the stream can show colours is decided where the style is chosen, so Node is not asked again. */
export const richStyle: Style = {
  rich: true,
  paint: (tint, text) => (text === "" ? "" : styleText(COLOURS[tint], text, { validateStream: false })),
  mark: (tint) => `${richStyle.paint(tint, MARKS[tint])} `,
  bar: (share, width) => "█".repeat(cells(share, width)).padEnd(width, "░"),
  arrow: "→",
};

function cells(share: number, width: number): number {
  return Math.max(0, Math.min(width, Math.round(share * width)));
}

/**
 * Text from outside (a strategy's reason, a venue's message) on one line. Without this a line break
 * would forge lines of ours and an escape code would reach the reader's terminal.
 */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
}
