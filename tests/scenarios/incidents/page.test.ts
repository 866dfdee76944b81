import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { missingTests, namedTests, pageText, shownTitle } from "../../named-tests.ts";

const ROOT = join(import.meta.dirname, "../../..");
const FOLDER = "tests/scenarios/incidents";
const PAGE = pageText("docs/evidence/incidents.md");
const NAMED = namedTests(PAGE);

/** What follows `test(` or the rows of `test.each(…)`. */
function titlesIn(file: string): string[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  return [...source.matchAll(/^(?: {2}| {4})?(?:test(?:\.each\(.*\))?|\]\)|\))\(\s*"([^"]+)"/gm)].map(([, title = ""]) =>
    shownTitle(title),
  );
}

describe("the page of incidents", () => {
  test("names no test that does not exist", () => {
    expect(missingTests(NAMED)).toEqual([]);
    expect(NAMED.length).toBeGreaterThan(100);
  });

  test("names every scenario of its folder", () => {
    const files = readdirSync(join(ROOT, FOLDER)).filter((file) => file.endsWith(".test.ts") && file !== "page.test.ts");
    const scenarios = files.flatMap((file) => titlesIn(`${FOLDER}/${file}`).map((name) => ({ file: `${FOLDER}/${file}`, name })));
    expect(scenarios.filter(({ file, name }) => !NAMED.some((each) => each.file === file && each.name === name))).toEqual([]);
    expect(scenarios.length).toBeGreaterThan(60);
  });

  test("gives every row a test or says that it does not apply", () => {
    const rows = PAGE.split("\n").filter((line) => /^\| [OAFMP]\d+ /.test(line));
    expect(rows.filter((row) => !row.includes("“") && !row.includes("Does not apply:"))).toEqual([]);
    expect(rows.length).toBeGreaterThan(120);
  });
});
