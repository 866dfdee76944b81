import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/domain/clock.ts";
import { MUTANTS } from "./mutants/list.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { TreeRuns } from "./mutants/runs.ts";
import { MutantTree } from "./mutants/tree.ts";
import { isCaught, lineOf, pageOf } from "./mutants/verdict.ts";
import type { MutantVerdict } from "./mutants/verdict.ts";
import { keepVerdict, keptVerdicts } from "./mutants/kept.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PAGE = join(ROOT, "docs", "evidence", "planted-bugs.md");

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "300" },
    from: { type: "string", default: "1" },
    /** Seeds that break a promise before a bug has been seen often enough. */
    enough: { type: "string", default: "3" },
    only: { type: "string", multiple: true, default: [] },
    /** A file that takes each verdict as it comes; a bug that was caught according to it is not tried again. */
    kept: { type: "string" },
    /** Writes the page; rows of bugs that were not tried stay as they are. */
    write: { type: "boolean", default: false },
  },
});

process.exitCode = await main();

/** Plants every bug in turn and says whether it was noticed. */
async function main(): Promise<number> {
  const [seeds, from, enough] = [whole("seeds", values.seeds), whole("from", values.from), whole("enough", values.enough)];
  const kept = values.kept === undefined ? [] : keptVerdicts(values.kept);
  const mutants = chosen(values.only).filter(({ name }) => !kept.some((verdict) => verdict.mutant.name === name && isCaught(verdict)));
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
      if (values.kept !== undefined) keepVerdict(values.kept, verdict);
      verdicts.push(verdict);
    }
    const all = inListOrder([...verdicts, ...kept]);
    const sound = await control(all, runs);
    if (values.write) writeFileSync(PAGE, pageOf(all, MUTANTS, readFileSync(PAGE, "utf8")));
    const survivors = all.filter((verdict) => !isCaught(verdict));
    console.log(`${String(all.length)} planted bugs, ${String(survivors.length)} survived`);
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
  const seeds = verdicts.flatMap(({ broken }) => broken.map(({ seed }) => seed));
  const tests = [...new Set(verdicts.flatMap(({ mutant }) => mutant.test ?? []))];
  const problems: string[] = [];
  if (seeds.length > 0) {
    // All from the first to the last in one process: starting one for each takes longer than the seeds between them.
    const [from, last] = [Math.min(...seeds), Math.max(...seeds)];
    const { broken } = await runs.simulate({ from, seeds: last - from + 1, enough: Infinity });
    problems.push(...broken.map(({ seed, violations }) => `seed ${String(seed)}: ${violations[0]?.text ?? ""}`));
  }
  for (const test of tests) problems.push(...(await runs.test(test)).failed.map((name) => `${test}: ${name}`));
  for (const problem of problems) console.log(`Without any planted bug: ${problem}`);
  return problems.length === 0;
}

/** The first verdict of each bug, which is the newest. */
function inListOrder(verdicts: readonly MutantVerdict[]): MutantVerdict[] {
  return MUTANTS.flatMap(({ name }) => verdicts.find(({ mutant }) => mutant.name === name) ?? []);
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
