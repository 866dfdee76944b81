import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { pageText } from "../named-tests.ts";

const ROOT = join(import.meta.dirname, "../..");
const NOT_BUILT = "**Not built yet.**";
/** By number, such as `R12`. */
const RULES = new Map(
  pageText("docs/rules.md")
    .split(/^### /m)
    .slice(1)
    .map((section) => [/^R\d+/.exec(section)?.[0] ?? "", section]),
);

function testsOf(section: string): string[] {
  return [...section.matchAll(/\]\(\.\.\/(tests\/[^)]+)\)/g)].map(([, file = ""]) => file);
}

describe("docs/rules.md", () => {
  test("has an entry for every rule that source, tests and documents cite", () => {
    const files = globSync(["src/**/*.ts", "tests/**/*.ts", "scripts/*.ts", "docs/**/*.md", "*.md"], { cwd: ROOT });
    const cited = files.flatMap((file) => readFileSync(join(ROOT, file), "utf8").match(/\bR\d+\b/g) ?? []);
    expect([...new Set(cited)].filter((rule) => !RULES.has(rule))).toEqual([]);
    expect(cited.length).toBeGreaterThan(200);
  });

  test("names for every rule that is built the test files that enforce it, and only files that exist", () => {
    for (const [rule, section] of RULES) {
      const tests = testsOf(section);
      expect({ rule, isTested: tests.length > 0 }).toEqual({ rule, isTested: !section.includes(NOT_BUILT) });
      expect({ rule, missing: tests.filter((file) => !existsSync(join(ROOT, file))) }).toEqual({ rule, missing: [] });
    }
  });
});
