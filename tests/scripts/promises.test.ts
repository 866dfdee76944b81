import { describe, expect, test } from "@jest/globals";
import { missingTests, namedTests, pageText } from "../named-tests.ts";

const PROMISES = Array.from({ length: 10 }, (_, index) => `P${String(index + 1)}`);

describe("the page of promises", () => {
  const page = pageText("docs/evidence/promises.md");

  test("names no test that does not exist", () => {
    const named = namedTests(page);
    expect(missingTests(named)).toEqual([]);
    expect(named.length).toBeGreaterThan(30);
  });

  test("has a section for each promise, with tests that enforce it", () => {
    const sections = page.split(/^### /m).slice(1);
    for (const promise of PROMISES) {
      const section = sections.find((each) => each.startsWith(`${promise} `)) ?? "";
      expect({ promise, tests: namedTests(section).length > 0 }).toEqual({ promise, tests: true });
    }
  });

  test("and the README names each of them", () => {
    const readme = pageText("README.md");
    for (const promise of PROMISES) expect(readme).toMatch(new RegExp(`\\*\\*${promise} `));
  });
});
