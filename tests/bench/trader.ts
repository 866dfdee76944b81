import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { systemClock } from "../../src/domain/clock.ts";
import { BUILT_CLI, BUILT_DAEMON } from "./built-product.ts";
import { Questioner } from "./conversation.ts";
import { machineMs } from "./machine-time.ts";

/** A rebalance of 100 symbols waits out a minute or two of the request budget. */
const PATIENCE_MS = 300_000;
const KEPT_LINES = 30;
const BYTES_PER_MIB = 1_024 * 1_024;

interface Heard {
  readonly at: number;
  readonly text: string;
}

/** A process of the product, whose every line is stamped on the machine's clock when it arrives. */
export class Trader {
  /** When it was asked for, on the machine's clock. */
  readonly startedAt = machineMs();
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #questions: Questioner | undefined;
  #heard: Heard[] = [];
  #notify: () => void = () => undefined;
  #over = false;

  private constructor(args: readonly string[], env: Readonly<Record<string, string>>, directory: string, asked: boolean) {
    const pipes = ["ignore", "pipe", "pipe"] as const;
    this.#child = spawn(process.execPath, args, { cwd: directory, env, stdio: asked ? [...pipes, "ipc"] : [...pipes] });
    this.#questions = asked ? new Questioner(this.#child) : undefined;
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      if (output !== null) createInterface(output).on("line", (text) => this.#hear(text));
    }
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code) => {
        this.#over = true;
        this.#notify();
        resolve(code);
      });
    });
  }

  /** A command as a person starts it. */
  static command(args: readonly string[], env: Readonly<Record<string, string>>, directory: string): Trader {
    return new Trader([BUILT_CLI, ...args], env, directory, false);
  }

  /**
   * The daemon that can be made to leap in time, and watched from inside.
   * @param profiles where it leaves a processor profile when it stops.
   */
  static daemon(env: Readonly<Record<string, string>>, directory: string, profiles?: string): Trader {
    const options = profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`];
    return new Trader([...options, BUILT_DAEMON], env, directory, true);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("The process was not started.");
    return this.#child.pid;
  }

  /** Waits for a line like this among those that have not been taken. @returns when it was said, on the machine's clock. */
  async says(pattern: RegExp): Promise<Heard> {
    const end = machineMs() + PATIENCE_MS;
    for (;;) {
      const found = this.#heard.find(({ text }) => pattern.test(text));
      if (found !== undefined) return found;
      if (this.#over || machineMs() > end) throw new Error(`The trader never said ${String(pattern)}:\n${this.tail}`);
      await this.#news(end);
    }
  }

  /** What it said since it was last asked. */
  takeLines(): readonly Heard[] {
    const taken = this.#heard;
    this.#heard = [];
    return taken;
  }

  /** The last lines, for a person who must find out what went wrong. */
  get tail(): string {
    return this.#heard
      .slice(-KEPT_LINES)
      .map(({ text }) => text)
      .join("\n");
  }

  async skip(ms: number): Promise<void> {
    await this.#ask("skip", ms);
  }

  async watchStalls(): Promise<void> {
    await this.#ask("watch-stalls");
  }

  /** Milliseconds, since the watch began. */
  async longestStall(): Promise<number> {
    return Number(await this.#ask("longest-stall"));
  }

  /** MiB that are still in use after a collection of garbage. */
  async liveHeapMiB(): Promise<number> {
    return Number(await this.#ask("live-heap")) / BYTES_PER_MIB;
  }

  /** Ends it without asking, as a power cut does. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** Asks it to stop as a supervisor does. @throws when that ends it otherwise than well. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.succeeded();
  }

  /** Waits for its end. @returns how long it lived, milliseconds. @throws when it failed. */
  async succeeded(): Promise<number> {
    const code = await this.ended;
    const lived = machineMs() - this.startedAt;
    if (code !== 0) throw new Error(`The trader ended with ${String(code)}:\n${this.tail}`);
    return lived;
  }

  #ask(name: string, amount?: number): Promise<unknown> {
    if (this.#questions === undefined) throw new Error("A command answers no questions.");
    return this.#questions.ask(name, amount);
  }

  #hear(text: string): void {
    this.#heard.push({ at: machineMs(), text });
    this.#notify();
  }

  async #news(end: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = systemClock.after(end - machineMs(), resolve);
      this.#notify = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
