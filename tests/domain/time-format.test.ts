import { expect, test } from "@jest/globals";
import { formatInstant } from "../../src/domain/time-format.ts";

test.each([
  ["an instant with its zone", Date.UTC(2025, 6, 16, 14, 42, 58), "2025-07-16 10:42:58 EDT"],
  ["an instant that no calendar has, as a number", 9e15, "9000000000000000 ms"],
])("shows %s", (_, at, text) => {
  expect(formatInstant(at, "America/New_York")).toBe(text);
});
