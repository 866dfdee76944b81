import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { systemClock } from "../../src/domain/clock.ts";
import { runLine } from "../../src/main.ts";
import type { TerminalStream } from "../../src/reporting/terminal.ts";
import { CLI } from "../product.ts";

/** Generous: the machine may be busy with other things. */
export const PATIENCE_MS = 45_000;
const PAUSE_MS = 15;

/** What is left of a process. */
export interface Ended {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order of arrival. */
  readonly output: string;
}

/** Waits until `condition` holds; the error at the end of patience says what was waited for. */
export async function until(condition: () => boolean, what: string, details: () => string = () => ""): Promise<void> {
  const end = systemClock.monotonic() + PATIENCE_MS;
  while (!condition()) {
    if (systemClock.monotonic() > end) throw new Error(`Waited in vain for ${what}.\n${details()}`);
    await systemClock.sleep(PAUSE_MS);
  }
}

/**
 * Runs a command within this process, on streams that keep what it writes: a process of its own takes longer than most
 * commands.
 */
export async function runHere(run: (stdout: TerminalStream, stderr: TerminalStream) => Promise<number>): Promise<Ended> {
  const [stdout, stderr, output]: [string[], string[], string[]] = [[], [], []];
  const streamTo = (own: string[]) => ({ write: (text: string) => (own.push(text), output.push(text)) });
  const code = await run(streamTo(stdout), streamTo(stderr));
  return { code, stdout: stdout.join(""), stderr: stderr.join(""), output: output.join("") };
}

/** A command line, as a person types it in `directory`, within this process. */
export function typeHere(args: readonly string[], env: Readonly<Record<string, string>>, directory: string): Promise<Ended> {
  return runHere((stdout, stderr) => runLine(["node", "alpaca-trader", ...args], { directory, env, stdout, stderr, losses: [] }));
}

/** One process of the product, as a person would start it. */
export class TraderProcess {
  readonly args: readonly string[];
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #stdout = "";
  #stderr = "";
  #output = "";
  #over = false;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>, directory: string) {
    this.args = args;
    this.#child = spawn(process.execPath, [CLI, ...args], { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#output += text;
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#output += text;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code) => {
        this.#over = true;
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr, output: this.#output });
      });
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.args.join(" ")} was not started.`);
    return this.#child.pid;
  }

  get output(): string {
    return this.#output;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get isOver(): boolean {
    return this.#over;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Closes our end of its output, as `| head` does. */
  turnAway(): void {
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }

  /** Waits for a text in its output. */
  async says(pattern: RegExp): Promise<void> {
    await until(
      () => pattern.test(this.#output) || this.#over,
      `${String(pattern)} from ${this.args.join(" ")}`,
      () => this.#output,
    );
    if (!pattern.test(this.#output)) throw new Error(`${this.args.join(" ")} ended without saying ${String(pattern)}.\n${this.#output}`);
  }

  /** Waits for its end, within patience. */
  async end(): Promise<Ended> {
    await until(
      () => this.#over,
      `the end of ${this.args.join(" ")}`,
      () => this.#output,
    );
    return this.ended;
  }

  /** Asks it to stop as a supervisor does. */
  stop(): Promise<Ended> {
    this.kill("SIGTERM");
    return this.end();
  }
}

/** @throws Error with all that the process said when it ended otherwise. */
export function expectExit(ended: Ended, code: number): void {
  if (ended.code !== code) throw new Error(`Expected exit ${String(code)}, but it was ${String(ended.code)}:\n${ended.output}`);
}
