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

  // As a person reads it: without code marks, with `…` for what is filled in.
  const plain = (text: string): string => text.replaceAll(/\$\{[^}]*\}/g, "…").replaceAll(/[`\\]/g, "");
  const files = globSync("src/**/*.ts", { cwd: ROOT });
  const source = plain(files.map((file) => readFileSync(join(ROOT, file), "utf8")).join("\n"));
  /** `(price-doubt)` and `(held)` are filled in, and `(!)` is the check's sign. */
  const FILLED_IN = /\((?:[✓!✗]|in the log|shadow mode|price-doubt|insufficient-cash|held)\)/g;

  test.each(sections)("quotes what the product prints in every symptom that is not in italics: %s", (title) => {
    const section = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? "";
    const symptoms = [...section.matchAll(/^\| (?!symptom|---)(.+?) +\| /gm)].map(([, symptom = ""]) => symptom);
    const quoted = symptoms.filter((symptom) => !/^([_*]).*\1$/.test(symptom));
    const pieces = quoted.flatMap((symptom) => plain(symptom).replaceAll(FILLED_IN, "…").split(/…|; /));
    const said = pieces.map((piece) => piece.replaceAll(/^[\s,:.]+|[\s,:.]+$/g, "")).filter((piece) => piece !== "");
    expect(said.filter((piece) => !source.includes(piece))).toEqual([]);
    expect(said.length).toBeGreaterThan(0);
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
