import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { RESULTS } from "./given-results.ts";
import { resultsMarkdown, writeResults } from "./results-page.ts";

const PAGE = fileURLToPath(new URL("../../docs/evidence/performance.md", import.meta.url));

let directory: string;
let page: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "results-"));
  page = join(directory, "performance.md");
});

afterEach(() => rmSync(directory, { recursive: true }));

describe("the page of results", () => {
  test("has a place for them, and writing them again changes nothing else", () => {
    copyFileSync(PAGE, page);
    const [before] = readFileSync(page, "utf8").split("<!-- results");
    writeResults(page, RESULTS);
    const once = readFileSync(page, "utf8");
    writeResults(page, RESULTS);

    expect(once).toMatch(/\| 25 +\| 20 +\| 20\.5 +\| 3 +\| 200 +\| 210 +\| 183 +\| 1\.093 +\|/);
    expect(once).not.toContain("Run `npm run bench");
    expect(once.startsWith(before ?? "nothing")).toBe(true);
    expect(readFileSync(page, "utf8")).toBe(once);
  });

  test("a page without that place is left as it is", () => {
    writeFileSync(page, "# Performance\n");
    expect(() => writeResults(page, RESULTS)).toThrow(/has no place for results/);
    expect(readFileSync(page, "utf8")).toBe("# Performance\n");
  });

  test("says of each target whether it is met", () => {
    const lines = resultsMarkdown(RESULTS);
    expect(lines.find((line) => line.includes("ratio ≤"))).toMatch(/ratio ≤ 1\.15: met; requests ≤ 70: not met/);
    expect(lines.find((line) => line.includes("60 s of idling, dashboard"))).toMatch(/120 \| ≤ 95: not met/);
    expect(lines.find((line) => line.includes("own overhead"))).toMatch(/p50 ≤ 3, p99 ≤ 15: met/);
  });

  test("says what the simulator does in a second, and what its accounts cost", () => {
    const lines = resultsMarkdown(RESULTS);
    expect(lines).toContain("| `GET /v2/clock` | 5000 | 4000 |");
    expect(lines).toContain("| order updates of 100 accounts on a stream each | 4200 | 2400 |");
    expect(lines.find((line) => line.startsWith("Resident memory of the simulator"))).toContain("120 with 100 accounts");
  });
});
