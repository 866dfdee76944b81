import Transport from "winston-transport";
import type { RotatingFile } from "./rotating-file.ts";

/** Where winston leaves the finished line. */
export const LINE = Symbol.for("message");

interface Finished {
  readonly level: string;
  readonly [LINE]?: string;
}

/** The target of printed lines: a terminal, a pipe. */
export interface LineStream {
  write(text: string): unknown;
}

const COLOURS: Readonly<Record<string, string>> = { error: "\u001b[31m", warn: "\u001b[33m", debug: "\u001b[2m" };
const COLOUR_END = "\u001b[0m";

/** Writes each line to a file immediately: nothing is queued, so nothing is lost when the process ends. */
export function fileTransport(file: RotatingFile, level: string): Transport {
  return new Transport({
    level,
    log(info: Finished, next) {
      file.append(info[LINE] ?? "");
      next();
    },
    close: () => file.close(),
  });
}

/** Prints each line to a stream that is not ours to close. */
export function streamTransport(stream: LineStream, level: string, colour: boolean): Transport {
  return new Transport({
    level,
    log(info: Finished, next) {
      const start = colour ? COLOURS[info.level] : undefined;
      const line = info[LINE] ?? "";
      stream.write(start === undefined ? `${line}\n` : `${start}${line}${COLOUR_END}\n`);
      next();
    },
  });
}
