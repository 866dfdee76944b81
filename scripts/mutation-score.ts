import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";

/** Of a report of Stryker, what a score is made of. */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

interface Score {
  readonly caught: number;
  /** Of those, found because the tests did not end in time. */
  readonly timedOut: number;
  readonly survived: number;
  readonly notCovered: number;
}

const BEGIN = "<!-- scores -->";
const END = "<!-- end of scores -->";

/** One table for each room, the whole room first, its files by name. Files without a mutant that counts are left out. */
export function scoreTables(reports: ReadonlyMap<string, MutationReport>): string {
  return [...reports]
    .map(([room, { files }]) => {
      const rows = Object.entries(files)
        .map(([path, { mutants }]) => ({ name: path.split("/").at(-1) ?? path, score: scoreOf(mutants) }))
        .filter(({ score }) => countOf(score) > 0)
        .sort((one, other) => one.name.localeCompare(other.name));
      const all = scoreOf(Object.values(files).flatMap(({ mutants }) => mutants));
      return [
        `### \`src/${room}/\`: ${percentOf(all)}`,
        "",
        "| file | mutants that count | caught | of those by time-out | survived | not covered | score |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        rowOf("**all**", all),
        ...rows.map(({ name, score }) => rowOf(`\`${name}\``, score)),
      ].join("\n");
    })
    .join("\n\n");
}

function scoreOf(mutants: readonly { readonly status: string }[]): Score {
  const count = (...kinds: string[]): number => mutants.filter(({ status }) => kinds.includes(status)).length;
  return {
    caught: count("Killed", "Timeout"),
    timedOut: count("Timeout"),
    survived: count("Survived"),
    notCovered: count("NoCoverage"),
  };
}

function countOf({ caught, survived, notCovered }: Score): number {
  return caught + survived + notCovered;
}

function percentOf(score: Score): string {
  return `${((100 * score.caught) / countOf(score)).toFixed(1)} %`;
}

function rowOf(name: string, score: Score): string {
  const { caught, timedOut, survived, notCovered } = score;
  return `| ${[name, countOf(score), caught, timedOut, survived, notCovered, percentOf(score)].map(String).join(" | ")} |`;
}

/** @throws Error when the page has no place for scores. */
export function pageWith(page: string, tables: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/mutation-score.md has no place for scores, expected ${BEGIN} and ${END}.`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${tables}\n\n${page.slice(end)}`;
}

async function main(): Promise<void> {
  const root = join(import.meta.dirname, "..");
  const reports = new Map<string, MutationReport>();
  for (const room of ["portfolio", "intake", "execution"]) {
    const file = join(root, "coverage", "mutation", `${room}.json`);
    if (existsSync(file)) reports.set(room, JSON.parse(readFileSync(file, "utf8")) as MutationReport);
  }
  const file = join(root, "docs", "mutation-score.md");
  const page = pageWith(readFileSync(file, "utf8"), scoreTables(reports));
  writeFileSync(file, await format(page, { ...(await resolveConfig(file)), parser: "markdown" }));
}

if (import.meta.main) await main();
