import { existsSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { MUTANTS } from "./list.ts";
import { patched } from "./mutant.ts";
import { mutantSources } from "./tree.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

describe("planted bugs", () => {
  test("number at least thirty, each with a unique name", () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(30);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  test("are refused where the text that they change is missing or occurs twice", () => {
    const patch = { file: "a.ts", find: "if (halted) return;", replace: "" };
    expect(patched("before if (halted) return; after", patch)).toBe("before  after");
    expect(() => patched("if (stopped) return;", patch)).toThrow("a.ts does not hold what the bug is planted into");
    expect(() => patched("if (halted) return;if (halted) return;", patch)).toThrow("a.ts holds 2 times what the bug is planted into");
  });

  test("would not run with an error of syntax", () => {
    expect(() => stripTypeScriptTypes("const open: boolean = ;")).toThrow();
    expect(() => stripTypeScriptTypes("enum Side { buy }")).toThrow();
  });

  test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))("%s fits the present source, and changes it", (_, mutant) => {
    const sources = mutantSources(ROOT, mutant);
    expect(sources.size).toBeGreaterThan(0);
    for (const [file, text] of sources) {
      expect(text).not.toBe(readFileSync(join(ROOT, file), "utf8"));
      expect(() => stripTypeScriptTypes(text)).not.toThrow();
    }
    expect(mutant.test === undefined || existsSync(join(ROOT, mutant.test))).toBe(true);
  });
});
