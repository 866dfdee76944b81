import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { CHECKS } from "../../src/doctor/check.ts";
import { pageText } from "../named-tests.ts";

const ROOT = join(import.meta.dirname, "../..");
const MESSAGES = "Messages of an execution";

describe("the troubleshooting page", () => {
  const page = pageText("docs/troubleshooting.md");
  const sections = [...page.matchAll(/^## (.+)$/gm)].map((match) => match[1] ?? "");

  test("has one section per check and no other, in order, after the messages", () => {
    expect(sections).toEqual([MESSAGES, ...Object.keys(CHECKS)]);
  });

  test("explains existing messages", () => {
    const source = globSync("src/**/*.ts", { cwd: ROOT }).map((file) => readFileSync(join(ROOT, file), "utf8"));
    const section = page.split(/^## /m).find((text) => text.startsWith(MESSAGES)) ?? "";
    const messages = [...section.matchAll(/^\| ([A-Z][^|]+?) +\|/gm)].map(([, message = ""]) => message);
    const isSaid = (words: string): boolean =>
      words.trim().length > 10 && source.some((text) => text.replaceAll("\\`", "`").includes(words.trim()));
    expect(messages.filter((message) => !message.split("…").some(isSaid))).toEqual([]);
    expect(messages.length).toBeGreaterThan(8);
  });

  test("has a symptom, cause and cure in each section", () => {
    for (const section of page.split(/^## /m).slice(1)) {
      expect(section).toMatch(/^\| symptom +\| cause +\| cure +\|$/m);
      expect((section.match(/^\|/gm) ?? []).length).toBeGreaterThanOrEqual(3);
    }
  });

  test("links only to existing sections", () => {
    for (const [, anchor = ""] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(sections).toContain(anchor);
  });
});
