import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { strykerPlugins as jestPlugins } from "@stryker-mutator/jest-runner";

/** What Stryker asks a runner of tests, as far as it is used here. */
interface Outcome {
  readonly status: string;
  readonly errorMessage?: string;
}

interface TestsRun {
  readonly tests?: readonly { readonly id: string; readonly fileName?: string; readonly timeSpentMs: number }[];
}

interface MutantRun {
  readonly testFilter?: readonly string[];
}

interface JestRun {
  readonly testFiles?: readonly string[];
}

interface Runner {
  dryRun(options: unknown): Promise<TestsRun>;
  mutantRun(options: MutantRun): Promise<Outcome>;
  run(settings: JestRun): Promise<unknown>;
}

/** By the name of a test: the files that have one of that name, the quickest first. */
type Files = Readonly<Record<string, readonly string[]>>;

const [jest] = jestPlugins as unknown as readonly { readonly kind: string; readonly factory: (injector: unknown) => Runner }[];

/**
 * Stryker's runner for Jest loads every test file of a room for each mutant and lets none of its tests bail out.
 * This one asks it file by file, only those whose tests reach the mutant, the quickest first, and ends with the
 * first that fails. A file that cannot be loaded with a mutant has noticed it, as the planner's own proof does.
 */
function factory(injector: unknown): Runner {
  if (jest === undefined) throw new Error("@stryker-mutator/jest-runner names no runner.");
  const runner = jest.factory(injector);
  const [dryRun, mutantRun, run] = [runner.dryRun.bind(runner), runner.mutantRun.bind(runner), runner.run.bind(runner)];
  let files: readonly string[] | undefined;
  runner.run = (settings) => run(files === undefined ? settings : { ...settings, testFiles: files });
  runner.dryRun = async (options) => {
    const result = await dryRun(options);
    writeFileSync(memory(), JSON.stringify(filesByTest(result)));
    return result;
  };
  runner.mutantRun = async (options) => {
    let last: Outcome = { status: "survived" };
    for (const file of filesOf(options.testFilter)) {
      files = [file];
      last = await mutantRun(options).finally(() => (files = undefined));
      if (last.status === "error") return { status: "killed", ...noticedBy(options, last) };
      if (last.status !== "survived") return last;
    }
    return last;
  };
  return runner;
}
factory.inject = ["$injector"];

function noticedBy({ testFilter = [] }: MutantRun, { errorMessage = "" }: Outcome): object {
  return { failureMessage: errorMessage, killedBy: testFilter.slice(0, 1), nrOfTests: 0 };
}

/** In the copy of the project that all workers share; only one of them makes the run without mutants. */
function memory(): string {
  return join(process.cwd(), "tests-by-name.json");
}

function filesByTest({ tests = [] }: TestsRun): Files {
  const took = new Map<string, number>();
  for (const { fileName = "", timeSpentMs } of tests) took.set(fileName, (took.get(fileName) ?? 0) + timeSpentMs);
  const byTest: Record<string, string[]> = {};
  for (const { id, fileName = "" } of tests) byTest[id] = [...new Set([...(byTest[id] ?? []), fileName])];
  for (const names of Object.values(byTest)) names.sort((a, b) => (took.get(a) ?? 0) - (took.get(b) ?? 0));
  return byTest;
}

function filesOf(tests: readonly string[] = []): readonly string[] {
  if (!existsSync(memory())) throw new Error("The run without mutants has left no list of its tests.");
  const byTest = JSON.parse(readFileSync(memory(), "utf8")) as Files;
  return [...new Set(tests.flatMap((test) => byTest[test] ?? []))];
}

export const strykerPlugins = [{ kind: jest?.kind, name: "by-file", factory }];
