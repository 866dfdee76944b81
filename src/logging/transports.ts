import Transport from "winston-transport";
import { DayHeading } from "./line.ts";
import type { RotatingFile } from "./rotating-file.ts";

/** Where winston leaves the finished line. */
export const LINE = Symbol.for("message");

interface Finished {
  readonly level: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly [LINE]?: string;
}

/** The target of printed lines: a terminal, a pipe. */
export interface LineStream {
  write(text: string): unknown;
}

const COLOURS: Readonly<Record<string, string>> = { error: "\u001b[31m", warn: "\u001b[33m", debug: "\u001b[2m" };
const COLOUR_END = "\u001b[0m";

/** Writes each line to a file immediately: nothing is queued, so nothing is lost when the process ends. */
export function fileTransport(file: RotatingFile, level: string, zone: string): Transport {
  const days = new DayHeading();
  return new Transport({
    level,
    log(info: Finished, next) {
      file.append(info[LINE] ?? "", (isAnew) => days.before(info.at, zone, isAnew));
      next();
    },
    close: () => file.close(),
  });
}

/** A stream that is not ours to close, with a heading for each day. */
export class PrintedLines {
  readonly #stream: LineStream;
  readonly #zone: string;
  readonly #colour: boolean;
  readonly #days = new DayHeading();

  constructor(stream: LineStream, zone: string, colour: boolean) {
    this.#stream = stream;
    this.#zone = zone;
    this.#colour = colour;
  }

  /** @param at when it happened, in milliseconds since the epoch. */
  print(line: string, at: number, level: string): void {
    const heading = this.#days.before(at, this.#zone, false);
    if (heading !== undefined) this.#stream.write(`${heading}\n`);
    const start = this.#colour ? COLOURS[level] : undefined;
    this.#stream.write(start === undefined ? `${line}\n` : `${start}${line}${COLOUR_END}\n`);
  }
}

export function streamTransport(lines: PrintedLines, level: string): Transport {
  return new Transport({
    level,
    log(info: Finished, next) {
      lines.print(info[LINE] ?? "", info.at, info.level);
      next();
    },
  });
}
