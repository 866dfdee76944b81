import { join } from "node:path";
import winston from "winston";
import type { Clock } from "../domain/clock.ts";
import { groupIdOf } from "./group.ts";
import { lineOf, type LineStyle, type LogRecord } from "./line.ts";
import { createRedaction } from "./redaction.ts";
import { RotatingFile } from "./rotating-file.ts";
import { fileTransport, LINE, PrintedLines, streamTransport, type LineStream } from "./transports.ts";

export { createRedaction } from "./redaction.ts";
export type { TradeLog } from "./trade-log.ts";
export { openTradeLog, tradeLogPath } from "./trade-log.ts";

/** The facts of a message; printed as `name=value`. An error under any name shows its message. */
export type LogFacts = Readonly<Record<string, unknown>>;

/** The logger as other rooms see it. */
export interface Log {
  error(message: string, facts?: LogFacts): void;
  warn(message: string, facts?: LogFacts): void;
  info(message: string, facts?: LogFacts): void;
  debug(message: string, facts?: LogFacts): void;
  /** A logger whose lines carry the id of a signal or an execution, or the name of an account of a fleet. */
  child(about: LogSubject): Log;
}

/** What the lines of a logger are about. */
export interface LogSubject {
  readonly account?: string;
  readonly signal?: string;
  readonly execution?: string;
}

export interface Logger extends Log {
  /** Lines that no file accepted since the start. */
  readonly lostLines: number;
  close(): void;
}

export interface LoggerOptions {
  /** LOG_DIR; undefined: no files. */
  readonly dir: string | undefined;
  /** LOG_GROUP, a name or a number. */
  readonly group: string | undefined;
  readonly clock: Clock;
  /** IANA zone of the times in the lines, named in the heading of each day. */
  readonly zone: string;
  /** Where lines are also printed; undefined: nowhere. */
  readonly console: LineStream | undefined;
  readonly colour: boolean;
  /** Minimum level on the console; the files record everything from `info` on. `debug` also prints stack traces. */
  readonly level: "error" | "warn" | "info" | "debug";
  readonly secrets: readonly string[];
  /**
   * Lines are written at the end of the event loop's turn, so that no order waits for its own line, and when the process exits.
   * Default: false, immediately.
   */
  readonly afterTurn?: boolean;
}

const EVERYTHING = "alpaca_trader.log";
const ERRORS = "alpaca_trader_error.log";

/** The paths of the logs written by {@link createLogger}. */
export function logPaths(dir: string): string[] {
  return [join(dir, EVERYTHING), join(dir, ERRORS)];
}

/**
 * The daemon's log: `alpaca_trader.log` with everything for a reader, `alpaca_trader_error.log` with the errors
 * only, and the console.
 * @throws TraderError when another file is in their place (exit 3), or LOG_DIR or LOG_GROUP cannot be used (exit
 * 78).
 */
export function createLogger(options: LoggerOptions): Logger {
  const style: LineStyle = { zone: options.zone, redact: createRedaction(options.secrets), stacks: options.level === "debug" };
  const outlet = new ProblemOutlet();
  const files = openFiles(options, style, outlet);
  const logger = winston.createLogger({
    level: "debug",
    format: winston.format((info) => Object.assign(info, { [LINE]: lineOf(info as unknown as LogRecord, style) }))(),
    silent: options.console === undefined && files.length === 0,
  });
  const printed = options.console === undefined ? undefined : new PrintedLines(options.console, options.zone, options.colour);
  for (const { file, level } of files) logger.pipe(fileTransport(file, level, options.zone));
  if (printed !== undefined) logger.pipe(streamTransport(printed, options.level));
  outlet.open((sentence) => {
    const record = plainRecord(options.clock, "warn", sentence);
    printed?.print(lineOf(record, style), record.at, record.level);
  });
  const lines = new PendingLines((record) => logger.log(record), options.afterTurn === true);
  const taken = takenLevels(options, files);
  return {
    ...logOn({ lines, clock: options.clock, taken }, {}),
    get lostLines() {
      return files.reduce((total, { file }) => total + file.lost, 0);
    },
    close() {
      lines.close();
      // Later lines, such as a request aborted at the end, have no file any more.
      logger.silent = true;
      logger.close();
    },
  };
}

/** Files report problems while the logger is still being created; a file's own problem goes to the console only. */
class ProblemOutlet {
  #waiting: string[] = [];
  #print: ((sentence: string) => void) | undefined;

  report(sentence: string): void {
    if (this.#print === undefined) this.#waiting.push(sentence);
    else this.#print(sentence);
  }

  open(print: (sentence: string) => void): void {
    this.#print = print;
    for (const sentence of this.#waiting.splice(0)) print(sentence);
  }
}

/** Records until their lines are written. */
class PendingLines {
  readonly #write: (record: LogRecord) => void;
  readonly #waits: boolean;
  readonly #pending: LogRecord[] = [];
  readonly #writeAll = (): void => {
    for (const record of this.#pending.splice(0)) this.#write(record);
  };

  constructor(write: (record: LogRecord) => void, waits: boolean) {
    this.#write = write;
    this.#waits = waits;
    if (waits) process.on("exit", this.#writeAll);
  }

  add(record: LogRecord): void {
    if (!this.#waits) this.#write(record);
    else if (this.#pending.push(record) === 1) setImmediate(this.#writeAll);
  }

  close(): void {
    this.#writeAll();
    process.off("exit", this.#writeAll);
  }
}

interface LevelledFile {
  readonly level: "info" | "error";
  readonly file: RotatingFile;
}

function openFiles({ dir, group, clock }: LoggerOptions, style: LineStyle, outlet: ProblemOutlet): LevelledFile[] {
  if (dir === undefined) return [];
  const groupId = groupIdOf(group);
  const open = (name: string): RotatingFile =>
    new RotatingFile({
      file: join(dir, name),
      groupId,
      lossLine: (lost) => lineOf(plainRecord(clock, "warn", `${lost} lines were lost here while the file could not be written.`), style),
      onProblem: (sentence) => outlet.report(sentence),
    });
  return [
    { level: "info", file: open(EVERYTHING) },
    { level: "error", file: open(ERRORS) },
  ];
}

type Level = LoggerOptions["level"];

const LEVELS: readonly Level[] = ["error", "warn", "info", "debug"];

/** Lines that no sink wants are not formatted: every request of a rebalance logs a debug line with many facts. */
function takenLevels({ console, level }: LoggerOptions, files: readonly LevelledFile[]): ReadonlySet<string> {
  const least = [...files.map((file) => file.level), ...(console === undefined ? [] : [level])].map((each) => LEVELS.indexOf(each));
  return new Set(LEVELS.slice(0, Math.max(-1, ...least) + 1));
}

interface Outlet {
  readonly lines: PendingLines;
  readonly clock: Clock;
  readonly taken: ReadonlySet<string>;
}

function logOn(outlet: Outlet, about: LogSubject): Log {
  const write = (level: Level, message: string, facts: LogFacts = {}): void => {
    if (outlet.taken.has(level)) outlet.lines.add({ ...plainRecord(outlet.clock, level, message), ...about, facts });
  };
  return {
    error: (message, facts) => write("error", message, facts),
    warn: (message, facts) => write("warn", message, facts),
    info: (message, facts) => write("info", message, facts),
    debug: (message, facts) => write("debug", message, facts),
    child: (more) => logOn(outlet, { ...about, ...more }),
  };
}

function plainRecord(clock: Clock, level: string, message: string): LogRecord {
  return { at: clock.now(), level, message, account: undefined, signal: undefined, execution: undefined, facts: {} };
}
