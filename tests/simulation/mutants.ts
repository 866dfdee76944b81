import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/clock.ts";
import { MUTANTS } from "./mutants/list.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { TreeRuns } from "./mutants/runs.ts";
import { MutantTree } from "./mutants/tree.ts";
import { isCaught, lineOf, pageOf } from "./mutants/verdict.ts";
import type { MutantVerdict } from "./mutants/verdict.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "300" },
    from: { type: "string", default: "1" },
    /** Seeds that break a promise before a bug has been seen often enough. */
    enough: { type: "string", default: "3" },
    only: { type: "string", multiple: true, default: [] },
    write: { type: "boolean", default: false },
  },
});

process.exitCode = await main();

/** Plants every bug in turn and says whether it was noticed. */
async function main(): Promise<number> {
  const [seeds, from, enough] = [whole("seeds", values.seeds), whole("from", values.from), whole("enough", values.enough)];
  const mutants = chosen(values.only);
  const tree = new MutantTree(ROOT);
  const runs = new TreeRuns(tree.directory, systemClock);
  const leave = (): void => {
    runs.stop();
    tree.remove();
    process.exit(130);
  };
  process.once("SIGINT", leave).once("SIGTERM", leave);
  try {
    const verdicts: MutantVerdict[] = [];
    for (const mutant of mutants) {
      const verdict = await tryOut(mutant, tree, runs, { from, seeds, enough });
      console.log(lineOf(verdict));
      verdicts.push(verdict);
    }
    const sound = await control(verdicts, runs);
    if (values.write) writeFileSync(join(ROOT, "docs", "planted-bugs.md"), pageOf(verdicts, seeds));
    const survivors = verdicts.filter((verdict) => !isCaught(verdict));
    console.log(`${String(verdicts.length)} planted bugs, ${String(survivors.length)} survived`);
    return sound && survivors.length === 0 ? 0 : 1;
  } finally {
    tree.remove();
  }
}

async function tryOut(
  mutant: Mutant,
  tree: MutantTree,
  runs: TreeRuns,
  range: { from: number; seeds: number; enough: number },
): Promise<MutantVerdict> {
  const takeOut = tree.plant(mutant);
  try {
    if (mutant.test !== undefined) return { mutant, seeds: 0, broken: [], failedTests: (await runs.test(mutant.test)).failed };
    return { mutant, ...(await runs.simulate(range)), failedTests: [] };
  } finally {
    takeOut();
  }
}

/** Without any bug the same seeds break nothing and the same tests pass, or what they noticed was something else. */
async function control(verdicts: readonly MutantVerdict[], runs: TreeRuns): Promise<boolean> {
  const seeds = [...new Set(verdicts.flatMap(({ broken }) => broken.map(({ seed }) => seed)))].sort((one, other) => one - other);
  const tests = [...new Set(verdicts.flatMap(({ mutant }) => mutant.test ?? []))];
  const problems: string[] = [];
  for (const seed of seeds) {
    const { broken } = await runs.simulate({ from: seed, seeds: 1, enough: 1 });
    problems.push(...broken.map(({ violations }) => `seed ${String(seed)}: ${violations[0]?.text ?? ""}`));
  }
  for (const test of tests) problems.push(...(await runs.test(test)).failed.map((name) => `${test}: ${name}`));
  for (const problem of problems) console.log(`Without any planted bug: ${problem}`);
  return problems.length === 0;
}

function chosen(names: readonly string[]): readonly Mutant[] {
  const unknown = names.find((name) => !MUTANTS.some((mutant) => mutant.name === name));
  if (unknown !== undefined)
    throw new RangeError(`There is no planted bug ${unknown}; the names: ${MUTANTS.map(({ name }) => name).join(", ")}.`);
  return names.length === 0 ? MUTANTS : MUTANTS.filter(({ name }) => names.includes(name));
}

function whole(name: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new RangeError(`--${name} takes a whole number, not "${text}".`);
  return Number(text);
}
