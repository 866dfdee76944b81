import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Clock } from "../../../src/domain/clock.ts";
import type { SeedLine } from "./trial.ts";

/** A seed takes a tenth of a second; one that takes minutes does not end at all. */
const SEED_LIMIT_MS = 180_000;

export interface SeedRange {
  readonly from: number;
  readonly seeds: number;
  /** Ends early once so many seeds have broken a promise. */
  readonly enough: number;
}

export interface SeedRun {
  readonly seeds: number;
  readonly broken: readonly SeedLine[];
}

export interface TestRun {
  readonly failed: readonly string[];
}

/** Child processes that work in a copy of the tree, one at a time; {@link stop} ends the one under way. */
export class TreeRuns {
  readonly #directory: string;
  readonly #clock: Clock;
  #child: ChildProcess | undefined;

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Simulates seeds until enough of them have broken a promise. */
  async simulate(range: SeedRange): Promise<SeedRun> {
    const lines: SeedLine[] = [];
    const broken: SeedLine[] = [];
    while (broken.length < range.enough && lines.length < range.seeds) {
      const before = lines.length;
      await this.#simulateOnce(range, lines, broken);
      if (lines.length === before) throw new Error(`Seed ${String(range.from + before)} could not be run.`);
    }
    return { seeds: lines.length, broken };
  }

  /** The names of the tests of one file that fail. */
  async test(file: string): Promise<TestRun> {
    const jest = ["--disable-warning=ExperimentalWarning", "node_modules/jest/bin/jest.js"];
    const child = this.#spawn([...jest, file, "--json", "--silent"]);
    const pieces: Buffer[] = [];
    child.stdout?.on("data", (piece: Buffer) => pieces.push(piece));
    await once(child, "close");
    const report = JSON.parse(Buffer.concat(pieces).toString()) as JestReport;
    const failed = report.testResults.flatMap(({ name, message, assertionResults }) => {
      const names = assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName);
      return names.length === 0 && report.numFailedTestSuites > 0 ? [`${name}: ${message}`] : names;
    });
    return { failed };
  }

  stop(): void {
    this.#child?.kill("SIGKILL");
  }

  /** One process for all the seeds that are left; it ends early where a bug has broken the process itself. */
  async #simulateOnce({ from, seeds, enough }: SeedRange, lines: SeedLine[], broken: SeedLine[]): Promise<void> {
    const next = from + lines.length;
    const child = this.#spawn(["tests/simulation/mutants/trial.ts", "--from", String(next), "--seeds", String(seeds - lines.length)]);
    if (child.stdout === null) throw new Error("The process has no output.");
    const closed = once(child, "close");
    const take = (line: SeedLine): void => {
      lines.push(line);
      if (line.violations.length > 0) broken.push(line);
    };
    let limit = this.#limit(child, () => take(endless(from + lines.length)));
    for await (const text of createInterface({ input: child.stdout })) {
      limit.cancel();
      take(JSON.parse(text) as SeedLine);
      if (broken.length >= enough) child.kill("SIGKILL");
      if (broken.length >= enough) break;
      limit = this.#limit(child, () => take(endless(from + lines.length)));
    }
    limit.cancel();
    await closed;
  }

  #limit(child: ChildProcess, onLimit: () => void): { cancel: () => void } {
    return this.#clock.after(SEED_LIMIT_MS, () => {
      onLimit();
      child.kill("SIGKILL");
    });
  }

  #spawn(args: readonly string[]): ChildProcess {
    this.#child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], {
      cwd: this.#directory,
      // In the copy, which is removed: of what one bug leaves as it is, the next process need not compile anything.
      env: { ...process.env, NODE_COMPILE_CACHE: join(this.#directory, ".compiled") },
      stdio: ["ignore", "pipe", "ignore"],
    });
    return this.#child;
  }
}

interface JestReport {
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

function endless(seed: number): SeedLine {
  return { seed, violations: [{ promise: "simulation", text: "The seed does not end." }] };
}
