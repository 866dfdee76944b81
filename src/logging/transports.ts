import Transport from "winston-transport";
import type { RotatingFile } from "./rotating-file.ts";

/** Where winston leaves the finished line. */
export const LINE = Symbol.for("message");

interface Finished {
  readonly level: string;
  readonly [LINE]?: string;
}

/** What a line is printed to: a terminal, a pipe. */
export interface LineStream {
  write(text: string): unknown;
}

const COLOURS: Readonly<Record<string, string>> = { error: "\u001b[31m", warn: "\u001b[33m", debug: "\u001b[2m" };
const COLOUR_END = "\u001b[0m";

/** Hands each line to a file at once: nothing is queued, so nothing is lost when the process ends. */
export class FileTransport extends Transport {
  readonly #file: RotatingFile;

  constructor(file: RotatingFile, level: string) {
    super({ level });
    this.#file = file;
  }

  override log(info: Finished, next: () => void): void {
    this.#file.append(info[LINE] ?? "");
    next();
  }

  override close(): void {
    this.#file.close();
  }
}

/** Prints each line to a stream that is not ours to close. */
export class StreamTransport extends Transport {
  readonly #stream: LineStream;
  readonly #colour: boolean;

  constructor(stream: LineStream, level: string, colour: boolean) {
    super({ level });
    this.#stream = stream;
    this.#colour = colour;
  }

  override log(info: Finished, next: () => void): void {
    const colour = this.#colour ? COLOURS[info.level] : undefined;
    const line = info[LINE] ?? "";
    this.#stream.write(colour === undefined ? `${line}\n` : `${colour}${line}${COLOUR_END}\n`);
    next();
  }
}
