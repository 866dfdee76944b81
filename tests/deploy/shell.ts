import { spawnSync } from "node:child_process";

export interface Ran {
  readonly status: number;
  readonly output: string;
}

interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
  /** Beside the machine's own environment, or in its place by name. */
  readonly env?: Readonly<Record<string, string>>;
}

const ENVIRONMENT = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_"))),
  LANG: "C.UTF-8",
  SYSTEMD_PAGER: "",
  SYSTEMD_COLORS: "0",
};

/** Runs a program to its end. Its environment is the machine's own, without what npm adds for scripts. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Ran {
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 64 * 1_024 * 1_024,
    ...options,
    env: { ...ENVIRONMENT, ...options.env },
  });
  if (error !== undefined) throw new Error(`${program} cannot be run: ${error.message}`);
  return { status: status ?? -1, output: `${stdout}${stderr}` };
}

/** @returns its output. @throws when it does not end with 0. */
export function runWell(program: string, args: readonly string[], options: RunOptions = {}): string {
  const ran = run(program, args, options);
  if (ran.status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${String(ran.status)}:\n${ran.output.slice(-4_000)}`);
  return ran.output;
}

/** @throws with the package that brings it. */
export function needs(program: string, debianPackage: string): void {
  if (run("sh", ["-c", `command -v ${program}`]).status !== 0)
    throw new Error(`${program} is not installed; on Debian: apt-get install ${debianPackage}`);
}
