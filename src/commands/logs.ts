import { stateDirFrom } from "../config/state-dir.ts";
import { loadConfig } from "../config/load.ts";
import { EXIT, TraderError, type ExitCode } from "../domain/errors.ts";
import { AccountDirectories } from "../fleet/account-store.ts";
import { FollowedFile } from "../logging/followed-file.ts";
import { isDayHeading } from "../logging/line.ts";
import { logPaths } from "../logging/logger.ts";
import type { CommandContext } from "./context.ts";
import { readableFleetOf } from "./fleet/shown-fleet.ts";
import { onStopSignal } from "./stop-signals.ts";

const LOOK_EVERY_MS = 250;

export interface LogsOptions {
  readonly follow?: boolean;
  /** How many of the newest lines to show first. */
  readonly lines: number;
  /** Only lines about this account of the fleet. */
  readonly account?: string;
}

/** Shows the newest lines of this installation's log, and with `follow` each new one, across rotation, until it is stopped. */
export async function logs(context: CommandContext, options: LogsOptions): Promise<ExitCode> {
  const [path = ""] = logPaths(logDirOf(context));
  const file = new FollowedFile(path);
  try {
    const shown = new ShownLines(context, options.account);
    const all = file.readLines();
    const isShort = all.filter(shown.isAbout).length < options.lines;
    const before = isShort ? linesOf(`${path}.1`) : [];
    if (all.length + before.length === 0) sayNone(context, path, options);
    if (!shown.newest([...before, ...all], options.lines)) context.err.line(`No line of the log is about ${options.account ?? "it"}.`);
    if (options.follow === true) await follow(context, file, shown);
    return EXIT.ok;
  } finally {
    file.close();
  }
}

/** In a fleet all accounts share one log. */
function logDirOf(context: CommandContext): string {
  const isFleet = new AccountDirectories(stateDirFrom(context.env)).list().length > 0;
  return (isFleet ? readableFleetOf(context).shared : loadConfig(context.env)).logDir;
}

/** Prints lines of a log, each below the heading of its day, which is printed once. */
class ShownLines {
  readonly #context: CommandContext;
  readonly #account: string | undefined;
  /** Of the last line that was read, and of the last one that was printed. */
  #heading: string | undefined;
  #printed: string | undefined;

  constructor(context: CommandContext, account: string | undefined) {
    this.#context = context;
    this.#account = account;
  }

  /** Every line that is about an account names it among its facts. Headings are not counted. */
  readonly isAbout = (line: string): boolean =>
    !isDayHeading(line) && (this.#account === undefined || `${line} `.includes(` account=${this.#account} `));

  /** @returns whether there was one. */
  newest(lines: readonly string[], count: number): boolean {
    const wanted = lines.filter(this.isAbout).length;
    let older = Math.max(0, wanted - count);
    for (const line of lines) this.#take(line, () => older-- > 0);
    return wanted > 0;
  }

  next(lines: readonly string[]): void {
    for (const line of lines) this.#take(line, () => false);
  }

  #take(line: string, isOlder: () => boolean): void {
    if (isDayHeading(line)) this.#heading = line;
    if (!this.isAbout(line) || isOlder()) return;
    if (this.#heading !== undefined && this.#heading !== this.#printed) this.#print(this.#heading);
    this.#printed = this.#heading;
    this.#print(line);
  }

  /** Our lines hold no control characters, but in a directory that is open to everyone the file may be another's. */
  #print(line: string): void {
    this.#context.out.line(line.replaceAll(/\p{Cc}/gu, ""));
  }
}

function linesOf(path: string): string[] {
  const file = new FollowedFile(path);
  try {
    return file.readLines();
  } finally {
    file.close();
  }
}

function sayNone({ err }: CommandContext, path: string, { follow: follows }: LogsOptions): void {
  const text = `There is no log yet: ${path} does not exist or is empty.`;
  if (follows !== true) {
    throw new TraderError(text, {
      code: "log-missing",
      hint: "`run`, `execute` and `trade` write it. If a daemon is running, give this command the same LOG_DIR, STATE_DIR and mode.",
    });
  }
  err.line(`${text} Waiting for its first line.`);
}

async function follow(context: CommandContext, file: FollowedFile, shown: ShownLines): Promise<void> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  const ignore = onStopSignal(context.clock, stop);
  // The reader has left (`| head`).
  process.stdout.once("error", stop);
  while (!stopping.signal.aborted) {
    shown.next(file.readLines());
    await context.clock.sleep(LOOK_EVERY_MS, stopping.signal);
  }
  process.stdout.off("error", stop);
  ignore();
}
