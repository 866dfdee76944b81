import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { MUTANTS } from "./list.ts";
import type { MutantVerdict } from "./verdict.ts";

type KeptVerdict = Omit<MutantVerdict, "mutant"> & { readonly name: string };

/** Appends one line, so that a long run can be stopped and gone on with. */
export function keepVerdict(file: string, { mutant, ...verdict }: MutantVerdict): void {
  appendFileSync(file, `${JSON.stringify({ name: mutant.name, ...verdict } satisfies KeptVerdict)}\n`);
}

/** What earlier runs found, the newest first; verdicts on bugs that are not planted any more are left out. */
export function keptVerdicts(file: string): MutantVerdict[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").reverse();
  return lines.flatMap((line) => {
    const { name, ...verdict } = JSON.parse(line) as KeptVerdict;
    const mutant = MUTANTS.find((known) => known.name === name);
    return mutant === undefined ? [] : [{ mutant, ...verdict }];
  });
}
