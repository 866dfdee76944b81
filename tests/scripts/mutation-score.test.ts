import { expect, test } from "@jest/globals";
import type { MutationReport } from "../../scripts/mutation-score.ts";
import { pageWith, scoreTable } from "../../scripts/mutation-score.ts";

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
  expect(scoreTable("room", room).split("\n")).toEqual([
    "### `src/room/`: 66.7 %",
    "",
    "| file | mutants that count | caught | of those by time-out | survived | not covered | score |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    "| **all** | 6 | 4 | 1 | 1 | 1 | 66.7 % |",
    "| `a.ts` | 2 | 1 | 0 | 0 | 1 | 50.0 % |",
    "| `b.ts` | 4 | 3 | 1 | 1 | 0 | 75.0 % |",
  ]);
});

test("a room's table takes the place of the one that stood in the page, others stay, and a page without a place is refused", () => {
  const page = "before\n<!-- score of a -->\nold\n<!-- end of a -->\n<!-- score of b -->\nold\n<!-- end of b -->\nafter";
  expect(pageWith(page, "b", "new")).toBe(
    "before\n<!-- score of a -->\nold\n<!-- end of a -->\n<!-- score of b -->\n\nnew\n\n<!-- end of b -->\nafter",
  );
  expect(() => pageWith(page, "c", "new")).toThrow("has no place for a score");
});
