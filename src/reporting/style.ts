import { styleText } from "node:util";

/** Meaning of a text, which determines its colour. */
export type Tint = "good" | "bad" | "warn" | "quiet" | "strong" | "accent";

/** Text style: colours and symbols on a terminal, plain elsewhere. */
export interface Style {
  readonly rich: boolean;
  paint(tint: Tint, text: string): string;
  /** A symbol and a space before a line; empty in plain text. */
  mark(tint: Tint): string;
  /** `share` of `width` cells filled; 0 to 1. */
  bar(share: number, width: number): string;
  /** Separates the old value from the new one. */
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

/** Plain text, for pipes, files and `NO_COLOR`. */
export const plainStyle: Style = {
  rich: false,
  paint: (_tint, text) => text,
  mark: () => "",
  bar: (share, width) => "#".repeat(cells(share, width)).padEnd(width, "."),
  arrow: "->",
};

/** Colour support is decided where the style is chosen, so Node need not check again. */
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

/** The sections that say something, with an empty line between them. */
export function spaced(sections: readonly (readonly string[])[]): string[] {
  return sections.filter((section) => section.length > 0).flatMap((section, index) => (index === 0 ? section : ["", ...section]));
}

const LONGEST_QUOTE = 1_000;

/**
 * External text (a strategy's reason, a venue's message) on one line. Without this a line break could fake
 * our output, and an escape code would reach the reader's terminal.
 */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
}

/** A text of somebody else for one line, of which a reader needs no more: a line of an alerts file may have 64 KB. */
export function shortened(text: string): string {
  const line = oneLine(text);
  return line.length <= LONGEST_QUOTE ? line : `${line.slice(0, LONGEST_QUOTE)}…`;
}
