import { spawn } from "node:child_process";
import { until } from "../scenarios/trader-process.ts";

/** A program on a pseudo terminal, which script(1) of util-linux makes. */
export class TerminalProgram {
  readonly #child;
  #output = "";
  #seen = 0;
  #code: number | null | undefined;

  constructor(command: string, env: Readonly<Record<string, string>>, directory: string) {
    this.#child = spawn("script", ["-qec", command, "/dev/null"], { cwd: directory, env, stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    this.#child.once("close", (code) => (this.#code = code));
  }

  get output(): string {
    return this.#output;
  }

  /** Waits for a question after the last answer, and types. */
  async answer(question: RegExp, keys: string): Promise<void> {
    await until(
      () => question.test(this.#output.slice(this.#seen)) || this.#code !== undefined,
      String(question),
      () => this.#output,
    );
    if (this.#code !== undefined) throw new Error(`It ended without asking ${String(question)}.\n${this.#output}`);
    this.#seen = this.#output.length;
    this.#child.stdin.write(keys);
  }

  async end(): Promise<number | null> {
    await until(
      () => this.#code !== undefined,
      "the end",
      () => this.#output,
    );
    return this.#code ?? null;
  }

  close(): void {
    if (this.#code === undefined) this.#child.kill("SIGKILL");
  }
}
