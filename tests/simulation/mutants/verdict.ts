import type { Mutant } from "./mutant.ts";
import type { SeedLine } from "./trial.ts";

/** What came of one planted bug. */
export interface MutantVerdict {
  readonly mutant: Mutant;
  /** Seeds that were run, and those of them that broke a promise; none when a test looked for the bug. */
  readonly seeds: number;
  readonly broken: readonly SeedLine[];
  /** Tests that failed, of the file that the bug names. */
  readonly failedTests: readonly string[];
}

export function isCaught({ broken, failedTests }: MutantVerdict): boolean {
  return broken.length > 0 || failedTests.length > 0;
}

/** Promises that were broken, the most frequent first. */
function promisesOf({ broken }: MutantVerdict): string {
  const times = new Map<string, number>();
  for (const { violations } of broken)
    for (const promise of new Set(violations.map((violation) => violation.promise))) times.set(promise, (times.get(promise) ?? 0) + 1);
  return [...times]
    .sort(([, one], [, other]) => other - one)
    .map(([promise]) => promise)
    .join(", ");
}

function caughtBy(verdict: MutantVerdict): string {
  const { mutant, seeds, broken, failedTests } = verdict;
  if (mutant.test !== undefined) return failedTests.length === 0 ? `not by ${mutant.test}` : mutant.test;
  return `${String(broken.length)} of ${String(seeds)} seeds`;
}

function testOf(verdict: MutantVerdict): string {
  const title = verdict.failedTests[0]?.replaceAll("|", "\\|");
  return `\`${caughtBy(verdict)}\`${title === undefined ? "" : ` “${title}”`}`;
}

/** One line for the terminal. */
export function lineOf(verdict: MutantVerdict): string {
  const first = verdict.broken[0];
  const detail = first === undefined ? (verdict.failedTests[0] ?? "") : `seed ${String(first.seed)}: ${first.violations[0]?.text ?? ""}`;
  const columns = [verdict.mutant.name.padEnd(40), isCaught(verdict) ? "caught  " : "SURVIVED", caughtBy(verdict).padEnd(20)];
  return [...columns, promisesOf(verdict).padEnd(10), detail].join("  ").trimEnd();
}

/** The page of the documentation. */
export function pageOf(verdicts: readonly MutantVerdict[]): string {
  const caught = verdicts.filter(isCaught).length;
  const rows = verdicts.map((verdict) => [
    `\`${verdict.mutant.name}\``,
    verdict.mutant.bug,
    isCaught(verdict) ? "yes" : "**no**",
    verdict.mutant.test === undefined ? caughtBy(verdict) : testOf(verdict),
    promisesOf(verdict),
    String(verdict.broken[0]?.seed ?? ""),
  ]);
  return `${[
    "# Planted bugs",
    "Made by `npm run simulate:mutants -- --write`. Each row is a bug that was planted into a copy of the source, which then went through " +
      "the seeds of the [simulation](promises.md) from 1 on, until a few of them had broken a promise or there had been enough of them: " +
      "`3 of 17 seeds` says that the third one came at the seventeenth. Bugs outside of the simulated process are left to the test " +
      "that is named. Without any bug the same seeds break nothing, and the same tests pass.",
    `**${String(caught)} of ${String(verdicts.length)} planted bugs are caught.**`,
    table(["bug", "what the program does wrong", "caught", "by", "promise", "first seed"], rows),
  ].join("\n\n")}\n`;
}

/** Too wide for the formatter to pad. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
