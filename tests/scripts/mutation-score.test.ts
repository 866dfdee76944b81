import { expect, test } from "@jest/globals";
import type { MutationReport } from "../../scripts/mutation-score.ts";
import { pageWith, scoreTables } from "../../scripts/mutation-score.ts";

function report(files: Readonly<Record<string, readonly string[]>>): MutationReport {
  return {
    files: Object.fromEntries(Object.entries(files).map(([path, states]) => [path, { mutants: states.map((status) => ({ status })) }])),
  };
}

test("a room's score counts what was caught against what was not, and leaves out what counts for nothing", () => {
  const room = report({
    "src/room/b.ts": ["Killed", "Killed", "Timeout", "Survived", "Ignored", "CompileError"],
    "src/room/a.ts": ["NoCoverage", "Killed"],
    "src/room/types.ts": ["Ignored"],
  });
  expect(scoreTables(new Map([["room", room]])).split("\n")).toEqual([
    "### `src/room/`: 66.7 %",
    "",
    "| file | mutants that count | caught | of those by time-out | survived | not covered | score |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    "| **all** | 6 | 4 | 1 | 1 | 1 | 66.7 % |",
    "| `a.ts` | 2 | 1 | 0 | 0 | 1 | 50.0 % |",
    "| `b.ts` | 4 | 3 | 1 | 1 | 0 | 75.0 % |",
  ]);
});

test("the tables take the place of those that stood in the page, and a page without a place is refused", () => {
  expect(pageWith("before\n<!-- scores -->\nold\n<!-- end of scores -->\nafter", "new")).toBe(
    "before\n<!-- scores -->\n\nnew\n\n<!-- end of scores -->\nafter",
  );
  expect(() => pageWith("nothing", "new")).toThrow("has no place for scores");
});
