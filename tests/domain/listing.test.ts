import { expect, test } from "@jest/globals";
import { groupedByCause, listed } from "../../src/domain/listing.ts";

const MANY = Array.from({ length: 19 }, (_, index) => `S${String(index)}`);

test("a long list names the first ten and counts the others", () => {
  expect(listed(["A", "B"])).toBe("A, B");
  expect(listed(MANY)).toBe(`${MANY.slice(0, 10).join(", ")} and 9 more`);
});

test("symbols with the same cause are one entry, in the order in which they came", () => {
  expect(
    groupedByCause([
      ["SMR", "unknown"],
      ["LEU", "inactive"],
      ["OKLO", "unknown"],
    ]),
  ).toEqual([
    ["SMR, OKLO", "unknown"],
    ["LEU", "inactive"],
  ]);
});
