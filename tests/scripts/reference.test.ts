import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { referenceText } from "../../scripts/reference.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { FINAL_VERDICTS, PROVISIONAL_VERDICTS } from "../../src/domain/verdict.ts";
import { SKIP_REASONS } from "../../src/portfolio/skip-reason.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/reference.md"), "utf8");

describe("docs/reference.md", () => {
  test("is what `npm run reference` makes of the code", () => {
    expect(page).toBe(referenceText());
  });

  test("has a row for every verdict, reason and setting, with how long it holds or whether it is on target", () => {
    const rows = page.split("\n").map((line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, 3)
        .join(" "),
    );
    for (const kind of FINAL_VERDICTS) expect(rows).toContain(`\`${kind}\` for good`);
    for (const kind of PROVISIONAL_VERDICTS) expect(rows).toContain(`\`${kind}\` for now`);
    for (const [reason, { leaves }] of Object.entries(SKIP_REASONS))
      expect(rows).toContain(`\`${reason}\` ${leaves === "on-target" ? "yes" : "no"}`);
    for (const name of Object.keys(SETTINGS)) expect(page).toContain(`| \`${name}\` `);
  });
});
