import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Where a simulator is, as environment variables that clients read. */
export type Addresses = Readonly<Record<string, string>>;

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The place of one client: the folder of its script, and one for what is installed for it, which may be used again. */
export class Workshop {
  readonly source: string;
  readonly folder: string;
  readonly #say: (line: string) => void;

  constructor(client: string, cache: string, say: (line: string) => void) {
    this.source = join(import.meta.dirname, client);
    this.folder = join(cache, client);
    this.#say = say;
    mkdirSync(this.folder, { recursive: true });
  }

  /** Files of the script. */
  sources(): string[] {
    return readdirSync(this.source);
  }

  /** Runs a step of the preparation. @throws with the end of its output when it fails. */
  async run(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
    this.#say(`  ${words.join(" ")}`);
    const ran = await runProgram(words, options);
    if (ran.status !== 0) throw new Error(`${words.join(" ")} failed (${String(ran.status)}):\n${ran.stderr.slice(-4_000)}`);
    return ran;
  }
}

/** @param words the program and its arguments. @throws when there is no such program. */
export async function runProgram([program = "", ...args]: readonly string[], { cwd, env = {} }: RunOptions = {}): Promise<Ran> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** Whether a program is on the path. */
export async function isThere(program: string): Promise<boolean> {
  return (await runProgram(["sh", "-c", `command -v ${program}`])).status === 0;
}
