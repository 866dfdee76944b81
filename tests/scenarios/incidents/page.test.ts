import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../../..");
const FOLDER = "tests/scenarios/incidents";
const PAGE = readFileSync(join(ROOT, "docs/incidents.md"), "utf8");

interface Named {
  readonly file: string;
  readonly name: string;
}

const NAMED: readonly Named[] = [...PAGE.matchAll(/\]\(\.\.\/(tests\/[^)]+\.test\.ts)\) “([^”]+)”/g)].map(([, file = "", name = ""]) => ({
  file,
  name,
}));

/** Placeholders of a parametrised title, as the page writes them. */
const shown = (title: string): string => title.replace(/%[sijo]|\$[a-z]\w*/g, "…").replaceAll("%%", "%");

/** Every text in double quotes that a test file holds: titles of tests, and of the rows that they are run with. */
function textsIn(file: string): Set<string> {
  const source = readFileSync(join(ROOT, file), "utf8");
  return new Set([...source.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map(([, text = ""]) => shown(text)));
}

/** What follows `test(` or the rows of `test.each(…)`. */
function titlesIn(file: string): string[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  return [...source.matchAll(/^(?: {2}| {4})?(?:test(?:\.each\(.*\))?|\]\)|\))\(\s*"([^"]+)"/gm)].map(([, title = ""]) => shown(title));
}

describe("the page of incidents", () => {
  test("names no test that does not exist", () => {
    const texts = new Map([...new Set(NAMED.map(({ file }) => file))].map((file) => [file, textsIn(file)]));
    expect(NAMED.filter(({ file, name }) => !texts.get(file)?.has(name))).toEqual([]);
    expect(NAMED.length).toBeGreaterThan(100);
  });

  test("names every scenario of its folder", () => {
    const files = readdirSync(join(ROOT, FOLDER)).filter((file) => file.endsWith(".test.ts") && file !== "page.test.ts");
    const scenarios = files.flatMap((file) => titlesIn(`${FOLDER}/${file}`).map((name) => ({ file: `${FOLDER}/${file}`, name })));
    expect(scenarios.filter(({ file, name }) => !NAMED.some((each) => each.file === file && each.name === name))).toEqual([]);
    expect(scenarios.length).toBeGreaterThan(60);
  });

  test("gives every row a test or says that it does not apply", () => {
    const rows = PAGE.split("\n").filter((line) => /^\| [OAF]\d+ /.test(line));
    expect(rows.filter((row) => !row.includes("“") && !row.includes("Does not apply:"))).toEqual([]);
    expect(rows.length).toBeGreaterThan(80);
  });
});
