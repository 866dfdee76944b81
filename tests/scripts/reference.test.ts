import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { faultsText, referenceText } from "../../scripts/reference.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { FINAL_VERDICTS, PROVISIONAL_VERDICTS } from "../../src/domain/verdict.ts";
import { FAULT_MENU } from "../../src/simulator/faults.ts";
import { SKIP_REASONS } from "../../src/portfolio/skip-reason.ts";
import { clientOf, openExchange } from "../simulator/fixture.ts";

const pageOf = (name: string): string => readFileSync(join(import.meta.dirname, "../../docs", name), "utf8");
const page = pageOf("reference.md");

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

describe("docs/simulator-faults.md", () => {
  const faults = pageOf("simulator-faults.md");

  test("is what `npm run reference` makes of the code", () => {
    expect(faults).toBe(faultsText());
  });

  test("has a request for every fault, which the simulator takes and means what it says", async () => {
    const { request } = clientOf(openExchange().exchange);
    const bodies = [...faults.matchAll(/`(\{"fault":.+\})` \|$/gm)].map((match) => JSON.parse(match[1] ?? "") as { fault: string });
    const taken = [];
    for (const body of bodies) {
      const answer = await request("POST", "/simulator/faults", body);
      taken.push({ status: answer.status, ...(answer.json as object) });
    }
    expect(taken).toEqual(
      FAULT_MENU.map(({ name, parameters }) =>
        expect.objectContaining({
          status: 200,
          name,
          parameters: expect.objectContaining(Object.fromEntries(parameters.map((each) => [each.name, each.byDefault]))),
        }),
      ),
    );
  });
});
