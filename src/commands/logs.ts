import { stateDirFrom } from "../config/state-dir.ts";
import { loadConfig } from "../config/load.ts";
import { EXIT, TraderError, type ExitCode } from "../domain/errors.ts";
import { AccountDirectories } from "../fleet/account-store.ts";
import { FollowedFile } from "../logging/followed-file.ts";
import { logPaths } from "../logging/logger.ts";
import type { CommandContext } from "./context.ts";
import { fleetOf } from "./fleet/show.ts";
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
    const all = file.readLines();
    const newest = all.filter(isAbout(options.account));
    const before = newest.length < options.lines ? linesOf(`${path}.1`) : [];
    if (all.length + before.length === 0) sayNone(context, path, options);
    const lines = [...before.filter(isAbout(options.account)), ...newest];
    if (lines.length === 0) context.err.line(`No line of the log is about ${options.account ?? "it"}.`);
    show(context, lines.slice(Math.max(0, lines.length - options.lines)));
    if (options.follow === true) await follow(context, file, options);
    return EXIT.ok;
  } finally {
    file.close();
  }
}

/** In a fleet all accounts share one log. */
function logDirOf(context: CommandContext): string {
  const isFleet = new AccountDirectories(stateDirFrom(context.env)).list().length > 0;
  return (isFleet ? fleetOf(context).shared : loadConfig(context.env)).logDir;
}

/** Every line that is about an account ends with its name and other facts. */
function isAbout(account: string | undefined): (line: string) => boolean {
  return (line) => account === undefined || `${line} `.includes(` account=${account} `);
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

/** Our lines hold no control characters, but in a directory that is open to everyone the file may be another's. */
function show({ out }: CommandContext, lines: readonly string[]): void {
  for (const line of lines) out.line(line.replaceAll(/\p{Cc}/gu, ""));
}

async function follow(context: CommandContext, file: FollowedFile, { account }: LogsOptions): Promise<void> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  const ignore = onStopSignal(context.clock, stop);
  // The reader has left (`| head`).
  process.stdout.once("error", stop);
  while (!stopping.signal.aborted) {
    show(context, file.readLines().filter(isAbout(account)));
    await context.clock.sleep(LOOK_EVERY_MS, stopping.signal);
  }
  process.stdout.off("error", stop);
  ignore();
}
