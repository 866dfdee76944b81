import { describe, expect, test } from "@jest/globals";
import { CHECKS } from "../../src/doctor/check.ts";
import { pageText } from "../named-tests.ts";

describe("the page of troubles", () => {
  const page = pageText("docs/troubleshooting.md");
  const sections = [...page.matchAll(/^## (.+)$/gm)].map((match) => match[1] ?? "");

  test("has one section for each check and no other, in their order", () => {
    expect(sections).toEqual(Object.keys(CHECKS));
  });

  test("says a symptom, its cause and its cure in each of them", () => {
    for (const section of page.split(/^## /m).slice(1)) {
      expect(section).toMatch(/^\| symptom +\| cause +\| cure +\|$/m);
      expect((section.match(/^\|/gm) ?? []).length).toBeGreaterThanOrEqual(3);
    }
  });

  test("leads only to sections that exist", () => {
    for (const [, anchor = ""] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(sections).toContain(anchor);
  });
});
