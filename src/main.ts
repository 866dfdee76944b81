import { readFileSync } from "node:fs";
import { Argument, Command, CommanderError, InvalidArgumentError } from "commander";
import type { Environment } from "./domain/config.ts";
import { loadEnvironment, readableEnvironment } from "./config/environment.ts";
import type { ExitCode } from "./domain/errors.ts";
import { EXIT, TraderError } from "./domain/errors.ts";
import { errorLines } from "./reporting/error-view.ts";
import { terminalOn, type TerminalStream } from "./reporting/terminal.ts";
import { addFleetCommands } from "./commands/fleet/command-line.ts";
import type { Shell } from "./commands/completion.ts";
import type { CommandContext } from "./commands/context.ts";
import type { LogsOptions } from "./commands/logs.ts";
import type { InitOptions } from "./commands/init/answers.ts";
import { systemClock } from "./domain/clock.ts";

/** Where a command is typed. */
export interface Surroundings {
  /** Where `.env` is looked for. */
  readonly directory: string;
  /** Without `.env`. */
  readonly env: Environment;
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  /** Why output was lost so far; empty when none was. */
  readonly losses: readonly Error[];
}

/**
 * The command line of this process.
 * @returns the exit code of the contract.
 */
export function main(argv: readonly string[]): Promise<number> {
  process.umask(0o027);
  const { env, stdout, stderr } = process;
  return runLine(argv, { directory: process.cwd(), env, stdout, stderr, losses: outliveReaders() });
}

/**
 * One command. It loads its modules when called, so that `halt` does not wait for the SDK.
 * @returns the exit code of the contract.
 */
export async function runLine(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const verbose = argv.includes("--verbose");
  try {
    const code = await runCommand(argv, surroundings, verbose);
    // What was written last fails a little later.
    await new Promise((resolve) => setImmediate(resolve));
    const [loss] = surroundings.losses;
    if (code === EXIT.ok && loss !== undefined && SHOWING.some((command) => argv.includes(command))) throw outputLost(loss);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.failed;
    const terminal = terminalOn(surroundings.stderr, surroundings.env);
    for (const line of errorLines(error, { verbose }, terminal.style)) terminal.line(line);
    return error instanceof TraderError ? error.exitCode : EXIT.failed;
  }
}

/**
 * The reader of our output may leave (`| head`). A rebalance goes on without it; the log files have everything.
 * @returns why output was lost otherwise: a full disk.
 */
function outliveReaders(): NodeJS.ErrnoException[] {
  const losses: NodeJS.ErrnoException[] = [];
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") losses.push(error);
  });
  return losses;
}

/** Their output is all they do. */
const SHOWING: readonly string[] = ["status", "explain", "replay", "report", "doctor", "account", "backtest", "logs"];

function outputLost(cause: Error): TraderError {
  return new TraderError(`The output could not be written: ${cause.message}.`, {
    code: "output-lost",
    hint: "It is incomplete. Check the free space where it is redirected to.",
    cause,
  });
}

async function runCommand(argv: readonly string[], surroundings: Surroundings, verbose: boolean): Promise<number> {
  const { directory, stdout, stderr } = surroundings;
  const env = environmentFor(argv, surroundings);
  const context: CommandContext = {
    env,
    directory,
    clock: systemClock,
    out: terminalOn(stdout, env),
    err: terminalOn(stderr, env),
    verbose,
  };
  let code: number = EXIT.ok;
  // With several accounts (`halt --group`), the worst counts.
  const program = commandLine(context, surroundings, (result) => (code = Math.max(code, result)));
  await program.parseAsync(argv);
  return code;
}

/** These work however broken the settings are (R25), so for them what cannot be read of `.env` is left out; `doctor` names it. */
const WITHOUT_SETTINGS: readonly string[] = ["halt", "doctor", "completion", "help"];
/** They end a command before it does anything. */
const SHOWN_AND_OVER: readonly string[] = ["--help", "-h", "--version", "-V"];

function environmentFor(argv: readonly string[], { directory, env }: Surroundings): Environment {
  try {
    return loadEnvironment(directory, env);
  } catch (error) {
    if (needsNoSettings(argv)) return readableEnvironment(directory, env);
    throw error;
  }
}

/** By the command alone: an account may be called `halt`, and is not traded without the limits that cannot be read. */
function needsNoSettings(argv: readonly string[]): boolean {
  const [first, second] = argv.slice(2).filter((word) => !word.startsWith("-"));
  const command = first === "fleet" ? second : first;
  return command === undefined || WITHOUT_SETTINGS.includes(command) || argv.some((word) => SHOWN_AND_OVER.includes(word));
}

/** Commands that can be given for one account of a fleet. */
const OF_ONE_ACCOUNT: readonly string[] = [
  "execute",
  "status",
  "explain",
  "replay",
  "report",
  "doctor",
  "dashboard",
  "halt",
  "resume",
  "account",
  "logs",
];

interface AccountOptions {
  readonly account?: string;
  readonly group?: string;
}

function commandLine(whole: CommandContext, { stdout, stderr }: Surroundings, done: (code: ExitCode) => void): Command {
  const program = new Command("alpaca-trader")
    .description("Watches a strategy's alerts and rebalances one Alpaca account to the weights in them, once, and explains every decision.")
    .version(version())
    .option("--verbose", "show stack traces and every step")
    .showHelpAfterError("Hint: `alpaca-trader --help` lists the commands, and `alpaca-trader COMMAND --help` the options of one.")
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, "Error: ")),
    })
    .exitOverride();
  const prepared = (command: Command): Command => command.option("--verbose", "show stack traces and every step").exitOverride();
  const add = (name: string, description: string): Command => {
    const command = prepared(program.command(name).description(description));
    return OF_ONE_ACCOUNT.includes(name) ? command.option("--account <name>", "for this account of the fleet") : command;
  };
  // What a command sees is settled when its options are known.
  let context = whole;
  program.hook("preAction", async (_program, command) => {
    const { account } = command.opts<AccountOptions>();
    // The commands of a fleet take the name themselves.
    if (account !== undefined && command.parent === program)
      context = (await import("./commands/fleet/one-account.ts")).contextOf(whole, account);
  });

  add("init", "write a first .env, after testing the credentials; asks for what is missing")
    .option("--mode <mode>", "simulator, paper, shadow or live")
    .option("--account-number <number>", "the account that live mode may trade")
    .option("--timezone <zone>", "time zone of alert timestamps that name none, such as Europe/London")
    .option("--alerts-file <file>", "file to which the strategy appends its alerts")
    .option("--keys-from-stdin", "read credentials from standard input, as NAME=value lines")
    .option("--force", "change an existing .env without a question")
    .action(async (options: InitOptions) => done(await (await import("./commands/init/init.ts")).init(context, options)));
  add("run", "the daemon: watch the alerts file and trade what is fresh").action(async () =>
    done(await (await import("./commands/run.ts")).run(context)),
  );
  add("execute", "act once on the newest run in the alerts file")
    .option("--dry-run", "make the plan and print it; send and record nothing")
    .option("--ignore-market-hours", "queue orders for the open while the market is closed")
    .option("--finish", "continue what is left of the newest run, in the session in which it was executed")
    .action(async (options: { dryRun?: boolean; ignoreMarketHours?: boolean; finish?: boolean }) =>
      done(await (await import("./commands/execute.ts")).execute(context, options)),
    );
  add("signal", "run the strategies and append their alerts")
    .option("--dry-run", "show the decision and the alerts; write nothing")
    .option("--explain", "show every condition that was checked, with its numbers")
    .option("--strategy <name>", "only this one")
    .action(async (options: { dryRun?: boolean; explain?: boolean; strategy?: string }) =>
      done(await (await import("./commands/signal.ts")).signal(context, options)),
    );
  add("trade", "generate the signals, show the account, and act on them")
    .option("--dry-run", "generate and plan, and print both; write, send and record nothing")
    .action(async (options: { dryRun?: boolean }) => done(await (await import("./commands/trade.ts")).trade(context, options)));
  add("status", "mode, last verdicts, holdings against targets, working orders")
    .option("--json", "print it as one JSON object")
    .action(async (options: { json?: boolean }) => done(await (await import("./commands/status.ts")).status(context, options)));
  add("explain", "why each symbol was traded or left alone")
    .argument("[id]", "signal or execution id, or the beginning of one; default: the newest signal")
    .option("--json", "print it as one JSON object")
    .action(async (id: string | undefined, options: { json?: boolean }) =>
      done(await (await import("./commands/explain.ts")).explain(context, id, options)),
    );
  add("replay", "drive the engine through what an execution saw, and compare its orders")
    .argument("<execution>", "execution id, or the beginning of one, or a file written with --to")
    .option("--to <file>", "write the recording to this file, for a bug report or a test; without keys, the account's number masked")
    .option("--with <setting=value>", "what if this setting had been different; repeatable", eachOf, [])
    .action(async (subject: string, options: { to?: string; with: readonly string[] }) =>
      done(await (await import("./commands/replay.ts")).replay(context, subject, { ...options, program: version() })),
    );
  add("logs", "the newest lines of the log of this installation")
    .option("-f, --follow", "show each new line until it is stopped")
    .option("-n, --lines <number>", "how many lines", wholeNumber, 50)
    .action(async (options: LogsOptions) => done(await (await import("./commands/logs.ts")).logs(context, options)));
  add("report", "returns without deposits, profit, executions and what they cost against the decision")
    .option("--days <number>", "how many days back", wholeNumber, 30)
    .option("--json", "print it as one JSON object")
    .option("--html <file>", "write it as one self-contained HTML file")
    .action(async (options: { days: number; json?: boolean; html?: string }) =>
      done(await (await import("./commands/report.ts")).report(context, options)),
    );
  add("doctor", "check the whole setup, one line each; sends no order")
    .option("--json", "print it as one JSON object")
    .option("--notify", "send a test to every notification channel as well")
    .action(async (options: { json?: boolean; notify?: boolean }) =>
      done(await (await import("./commands/doctor.ts")).doctor(context, options)),
    );
  add("dashboard", "the dashboard in a browser, without the daemon or next to it")
    .option(
      "--port <number>",
      "port to listen on; 0 = any free one; default: DASHBOARD_PORT, or any free one when that is taken",
      portNumber,
    )
    .action(async (options: { port?: number }) => done(await (await import("./commands/dashboard.ts")).dashboard(context, options)));
  add("halt", "stop all trading of this installation, at once")
    .option("--reason <text>", "why, for the log")
    .option("--machine", "stop every installation on this machine (HALT_FILE)")
    .option("--group <name>", "for the accounts of this group of the fleet")
    .action(async ({ group, ...options }: AccountOptions & { reason?: string; machine?: boolean }) => {
      for (const each of await inGroup(context, group)) done(await (await import("./commands/halt.ts")).halt(each, options));
    });
  add("resume", "resume trading after a halt")
    .option("--group <name>", "for the accounts of this group of the fleet")
    .action(async ({ group }: AccountOptions) => {
      for (const each of await inGroup(context, group)) done(await (await import("./commands/resume.ts")).resume(each));
    });
  add("account", "show the account this installation trades for")
    .option("--pin <number>", "trade for this account from now on")
    .option("--adopt", "let the first run sell what this installation never bought")
    .option("--release <symbol>", "with several strategies: let a position be sold that none of them has named")
    .option("--json", "print it as one JSON object")
    .action(async (options: { pin?: string; adopt?: boolean; release?: string; json?: boolean }) =>
      done(await (await import("./commands/account.ts")).account(context, options)),
    );
  add("notify", "send a test to every notification channel that is set up")
    .option("--test", "send it")
    .action(async (options: { test?: boolean }) => done(await (await import("./commands/notify.ts")).notify(context, options)));
  add("backtest", "replay the strategies, the planner and the simulator over historical daily bars")
    .requiredOption("--from <date>", "first session, YYYY-MM-DD")
    .requiredOption("--to <date>", "last session, YYYY-MM-DD")
    .option("--strategy <name>", "this one alone, with the whole account; default: those of STRATEGIES with their shares")
    .option("--bars <directory>", "adjusted daily bars from SYMBOL.csv files, in place of the broker's; see docs/backtest.md")
    .option("--cash <dollars>", "cash at the start", "100000")
    .option("--cost-bps <number>", "spread and slippage that each trade loses, in basis points of the price", "5")
    .option(
      "--trade-at <price>",
      "`open`: the open after the decision; `close`: the close that the decision saw, which looks ahead",
      "open",
    )
    .option("--svg <file>", "draw equity and drawdown as one SVG file")
    .option("--json", "print the result as one JSON object")
    .action(async (options: Record<string, unknown>) =>
      done(await (await import("./commands/backtest.ts")).backtest(context, options as never)),
    );
  add("simulator", "an Alpaca-shaped venue on this machine, to point any Alpaca client at")
    .option("--port <number>", "port to listen on; 0 = any free one", portNumber, 8788)
    .option("--host <address>", "address to listen on; anyone who reaches it controls the venue", "127.0.0.1")
    .option("--tls-cert <file>", "certificate for https and wss, as PEM; with --tls-key")
    .option("--tls-key <file>", "key of that certificate, as PEM")
    .option("--seed <number>", "seed of prices and fills", wholeNumber, 1)
    .option("--cash <dollars>", "cash at the start", "100000")
    .option("--multiplier <number>", "buying power as a multiple of the own money: 1, 2 or 4", multiplier, "1")
    .option("--shorts", "the account may sell short; needs --multiplier 2 or 4")
    .option("--rate-limit <number>", "requests per minute, for trading and market data each; `off` for no limit", requestLimit, 200)
    .option(
      "--data-plan <plan>",
      "market data as on Alpaca's plan `basic` (IEX, 30 symbols on a stream) or `plus` (all exchanges)",
      "basic",
    )
    .option("--hours <hours>", "`always` open, or `nyse` sessions", "always")
    .option("--clock <time>", "when the venue's time starts, as in 2025-07-14T09:30:00-04:00; default: now")
    .option("--speed <number>", "venue time for each second; 0 stops it until it is moved over HTTP", speedNumber, 1)
    .option("--latency <ms>", "time until an order is acknowledged, in milliseconds", wholeNumber, 20)
    .option("--fill-latency <ms>", "time until an order is filled, in milliseconds", wholeNumber, 9)
    .option("--partial-fills <percent>", "share of orders filled in several parts", percentage, 10)
    .option("--key <id>", "accept only this API key, with --secret; default: any key")
    .option("--secret <secret>", "secret of that key")
    .option("--account-per-key", "any number of accounts: each API key or OAuth token has its own, in one world of prices")
    .option("--state <file>", "keep the account in this file across restarts")
    .option("--symbols <file>", "symbols of your own, as CSV with the header `symbol`, also `name`, `exchange`, `price` and others")
    .option("--any-symbol", "list every symbol on its first use, at a price that depends on the seed")
    .option("--prices <file>", "prices in place of invented ones, as CSV with the header `symbol,time,price`")
    .option("--bars <file>", "daily bars in place of invented ones, as CSV or as JSON; see docs/simulator.md")
    .option(
      "--fault <fault>",
      "let something go wrong, as in `slow-answer:ms=3000,share=0.2`; repeatable; `list` shows the menu",
      eachOf,
      [],
    )
    .action(async (options: Record<string, unknown>) =>
      done(await (await import("./commands/simulator.ts")).simulator(context, options as never)),
    );
  add("demo", "rebalance an account on the built-in simulator, from an alert to the target")
    .option("--once", "stop after the first rebalance")
    .option("--accounts <number>", "trade this many accounts side by side, from 2 to 1000", accountsNumber)
    .action(async (options: { once?: boolean; accounts?: number }) =>
      done(await (await import("./commands/demo.ts")).demo(context, options)),
    );
  add("completion", "print a script that completes commands and options in a shell")
    .addArgument(new Argument("<shell>", "the shell that loads it").choices(["bash", "zsh", "fish"]))
    .action(async (shell: Shell) => done(await (await import("./commands/completion.ts")).completion(context, program, shell)));
  const fleet = prepared(program.command("fleet").description("trade the same signals in many accounts, from one process"));
  addFleetCommands(fleet, whole, { done, prepared, number: wholeNumber });
  return program;
}

async function inGroup(context: CommandContext, group: string | undefined): Promise<readonly CommandContext[]> {
  if (group === undefined) return [context];
  return (await import("./commands/fleet/one-account.ts")).contextsOf(context, { group });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Expected a whole number.");
  return Number(text);
}

function requestLimit(text: string): number | "off" {
  if (text === "off" || /^[1-9]\d{0,8}$/.test(text)) return text === "off" ? text : Number(text);
  throw new InvalidArgumentError("Expected a whole number from 1, or off.");
}

function multiplier(text: string): "1" | "2" | "4" {
  if (text === "1" || text === "2" || text === "4") return text;
  throw new InvalidArgumentError("Expected 1, 2 or 4.");
}

function speedNumber(text: string): number {
  const speed = Number(text);
  if (text.trim() !== "" && speed >= 0 && speed <= 1_000) return speed;
  throw new InvalidArgumentError("Expected a number from 0 to 1000.");
}

function accountsNumber(text: string): number {
  const accounts = wholeNumber(text);
  if (accounts < 2 || accounts > 1_000) throw new InvalidArgumentError("Expected a whole number from 2 to 1000.");
  return accounts;
}

function eachOf(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

function percentage(text: string): number {
  const percent = wholeNumber(text);
  if (percent > 100) throw new InvalidArgumentError("Expected a whole percentage from 0 to 100.");
  return percent;
}

function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port > 65_535) throw new InvalidArgumentError("Expected a port from 0 to 65535.");
  return port;
}

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
