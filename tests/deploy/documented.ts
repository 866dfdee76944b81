import { readFileSync } from "node:fs";
import { join } from "node:path";

const DOCS = join(import.meta.dirname, "../../docs");

/** The text of one section of a page of docs/, without those below it. */
export function section(page: string, heading: string): string {
  const text = readFileSync(join(DOCS, page), "utf8");
  const found = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`docs/${page} has no section “${heading}”.`);
  return found;
}

/** Command lines of a section, to be typed word for word: its only block, or the one that contains `words`. */
export function commands(page: string, heading: string, words = ""): string {
  const blocks = [...section(page, heading).matchAll(/^```sh\n([^`]*)```$/gm)].map(([, lines]) => lines ?? "");
  const found = blocks.find((block) => block.includes(words));
  if (found === undefined) throw new Error(`docs/${page}, “${heading}”, has no command lines with “${words}”.`);
  return found;
}
