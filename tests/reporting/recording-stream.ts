import type { Terminal, TerminalStream } from "../../src/reporting/terminal.ts";
import { terminalOn } from "../../src/reporting/terminal.ts";

/** Keeps what is written to it. */
export class RecordingStream implements TerminalStream {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  text = "";

  constructor(options: { isTTY: boolean; columns?: number }) {
    this.isTTY = options.isTTY;
    this.columns = options.columns;
  }

  write(text: string): boolean {
    this.text += text;
    return true;
  }

  get lines(): string[] {
    return this.text.split("\n").slice(0, -1);
  }
}

export function pipe(): { stream: RecordingStream; terminal: Terminal } {
  const stream = new RecordingStream({ isTTY: false });
  return { stream, terminal: terminalOn(stream, {}) };
}

export function screen(columns = 100): { stream: RecordingStream; terminal: Terminal } {
  const stream = new RecordingStream({ isTTY: true, columns });
  return { stream, terminal: terminalOn(stream, {}) };
}
