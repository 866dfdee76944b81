import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFormatted } from "./formatted.ts";

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

/** The rooms that have a score, in the order of the page. */
const ROOMS = ["portfolio", "intake", "execution"];

/** The table of a room, the whole room first, its files by name. Files without a mutant that counts are left out. */
export function scoreTable(room: string, { files }: MutationReport): string {
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

/**
 * The page with the table of one room; those of other rooms stay.
 * @throws Error when the page has no place for it.
 */
export function pageWith(page: string, room: string, table: string): string {
  const [begin, end] = [`<!-- score of ${room} -->`, `<!-- end of ${room} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/evidence/mutation-score.md has no place for a score, expected ${begin} and ${end}.`);
  return `${page.slice(0, from + begin.length)}\n\n${table}\n\n${page.slice(to)}`;
}

function main(): void {
  const root = join(import.meta.dirname, "..");
  const file = join(root, "docs", "evidence", "mutation-score.md");
  let page = readFileSync(file, "utf8");
  for (const room of ROOMS) {
    const report = join(root, "coverage", "mutation", `${room}.json`);
    if (existsSync(report)) page = pageWith(page, room, scoreTable(room, JSON.parse(readFileSync(report, "utf8")) as MutationReport));
  }
  writeFormatted(file, page);
}

if (import.meta.main) main();
