import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { MUTANTS } from "./list.ts";

const ROWS = rowsOf(readFileSync(join(import.meta.dirname, "..", "..", "..", "docs", "evidence", "planted-bugs.md"), "utf8"));

describe("the page of planted bugs", () => {
  test("has a row for each bug that is planted, and for no other", () => {
    expect(ROWS.map(({ name }) => name)).toEqual(MUTANTS.map(({ name }) => name));
  });

  test("says of each what the program does wrong", () => {
    expect(ROWS.map(({ bug }) => bug)).toEqual(MUTANTS.map(({ bug }) => bug));
  });

  test("says of each that it was caught", () => {
    expect(ROWS.filter(({ caught }) => caught !== "yes")).toEqual([]);
  });
});

function rowsOf(page: string): { name: string; bug: string; caught: string }[] {
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) => {
    const [, name = "", bug = "", caught = ""] = row.split("|").map((cell) => cell.trim());
    return { name: name.replaceAll("`", ""), bug, caught };
  });
}
