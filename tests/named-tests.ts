import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

/** A test that a page of the documentation names: [`room/file`](../../tests/room/file.test.ts) “title”. */
export interface NamedTest {
  readonly file: string;
  readonly name: string;
}

export function pageText(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

export function namedTests(text: string): NamedTest[] {
  return [...text.matchAll(/\]\((?:\.\.\/)+(tests\/[^)]+\.test\.ts)\) “([^”]+)”/g)].map(([, file = "", name = ""]) => ({ file, name }));
}

/** Those that their files do not hold. */
export function missingTests(named: readonly NamedTest[]): NamedTest[] {
  const texts = new Map([...new Set(named.map(({ file }) => file))].map((file) => [file, textsIn(file)]));
  return named.filter(({ file, name }) => texts.get(file)?.has(name) !== true);
}

/** Placeholders of a parametrised title, as the pages write them. */
export function shownTitle(title: string): string {
  return title.replace(/%[sijod]|\$[a-z]\w*/g, "…").replaceAll("%%", "%");
}

/** Every text in double quotes that a test file holds: titles of tests, and of the rows that they are run with. */
function textsIn(file: string): Set<string> {
  const source = readFileSync(join(ROOT, file), "utf8");
  return new Set([...source.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map(([, text = ""]) => shownTitle(text)));
}
