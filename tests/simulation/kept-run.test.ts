import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { FAULT_KINDS } from "./faults/kinds.ts";
import { keepPiece, keptPieces, piecesOf } from "./kept-run.ts";
import { pageOf } from "./page.ts";
import { emptyTally } from "./tally.ts";

describe("a long run that is kept", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "alpaca-trader-kept-"));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test("is cut into pieces of a thousand seeds, the last one shorter", () => {
    expect(piecesOf(5, 2_300)).toEqual([
      { from: 5, count: 1_000 },
      { from: 1_005, count: 1_000 },
      { from: 2_005, count: 300 },
    ]);
  });

  test("goes on where it was stopped", () => {
    const file = join(directory, "kept.jsonl");
    expect(keptPieces(file).size).toBe(0);
    keepPiece(file, { from: 5, tally: { ...emptyTally(), seeds: 1_000 } });
    keepPiece(file, { from: 1_005, tally: { ...emptyTally(), seeds: 1_000, violations: 1 } });
    expect([...keptPieces(file)].map(([from, { violations }]) => [from, violations])).toEqual([
      [5, 0],
      [1_005, 1],
    ]);
  });
});

describe("the page of the long run", () => {
  const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "evidence", "simulation.md"), "utf8");

  test("knows every kind of fault", () => {
    const rows = page.split("\n").filter((line) => line.startsWith("| `"));
    expect(rows.map((row) => row.split("`")[1])).toEqual([...FAULT_KINDS]);
  });

  test("reports at least 20,000 seeds, none of which broke a promise", () => {
    const [, seeds = "0", violations] = /\*\*([\d,]+) seeds \([^)]*\), (\d+) violations?\.\*\*/.exec(page) ?? [];
    expect(Number(seeds.replaceAll(",", ""))).toBeGreaterThanOrEqual(20_000);
    expect(violations).toBe("0");
  });

  test("names each seed that broke a promise, with what it broke", () => {
    const violations = [{ promise: "P1" as const, text: "twice" }];
    const told = pageOf(
      { ...emptyTally(), seeds: 10, violations: 1, broken: [{ seed: 7, violations }] },
      { from: 1, version: "1", day: "d" },
    );
    expect(told).toContain("10 seeds (1 to 10), 1 violation.");
    expect(told).toContain("- 7: P1, twice");
  });
});
