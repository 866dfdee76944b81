import { stripVTControlCharacters } from "node:util";
import { plainStyle, richStyle, type Style } from "./style.ts";

/** The required part of a writable stream. */
export interface TerminalStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Output of a command for a person. */
export interface Terminal {
  /** Prints one line, above the progress line if there is one. */
  line(text: string): void;
  /** Shows or replaces the progress line; does nothing if the output cannot rewrite a line. */
  progress(text: string): void;
  clearProgress(): void;
  readonly style: Style;
  /** Characters per row; 80 when unknown. */
  readonly columns: number;
}

const DEFAULT_COLUMNS = 80;
const CLEAR_ROW = "\r\u001b[2K";

/**
 * `NO_COLOR` has priority. `FORCE_COLOR` enables colours in a pipe, but never line rewriting: a log
 * collector would keep every version of the line.
 * @param env `NO_COLOR`, `FORCE_COLOR` and `TERM` are read; empty counts as unset.
 */
export function terminalOn(stream: TerminalStream, env: Readonly<Record<string, string | undefined>>): Terminal {
  const plain = isSet(env.NO_COLOR);
  const live = !plain && stream.isTTY === true && env.TERM !== "dumb";
  const coloured = !plain && colours(env.FORCE_COLOR, live);
  return new StreamTerminal(stream, coloured ? richStyle : plainStyle, live);
}

function colours(forced: string | undefined, live: boolean): boolean {
  if (!isSet(forced)) return live;
  return forced !== "0" && forced !== "false";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}

class StreamTerminal implements Terminal {
  readonly style: Style;
  readonly #stream: TerminalStream;
  readonly #rewrites: boolean;
  #shown = "";

  constructor(stream: TerminalStream, style: Style, rewrites: boolean) {
    this.#stream = stream;
    this.style = style;
    this.#rewrites = rewrites;
  }

  get columns(): number {
    const columns = this.#stream.columns;
    return columns === undefined || columns < 1 ? DEFAULT_COLUMNS : columns;
  }

  line(text: string): void {
    const dressed = this.style.rich ? text : stripVTControlCharacters(text).replaceAll("\r", "");
    if (this.#shown === "") this.#stream.write(`${dressed}\n`);
    else this.#stream.write(`${CLEAR_ROW}${dressed}\n${this.#shown}`);
  }

  progress(text: string): void {
    if (!this.#rewrites) return;
    // One column stays free: a full row makes some terminals wrap, and a wrapped line cannot be cleared.
    const fitting = cut(stripVTControlCharacters(text), this.columns - 1);
    const dressed = this.style.paint("quiet", fitting);
    if (dressed === this.#shown) return;
    this.#shown = dressed;
    this.#stream.write(`${CLEAR_ROW}${dressed}`);
  }

  clearProgress(): void {
    if (this.#shown === "") return;
    this.#shown = "";
    this.#stream.write(CLEAR_ROW);
  }
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
