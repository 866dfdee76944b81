import { expect, test } from "@jest/globals";
import { shortened } from "../../src/reporting/style.ts";

test("a text that fills a screen is cut", () => {
  expect(shortened("why\nnot")).toBe("why not");
  expect(shortened("x".repeat(60_000))).toBe(`${"x".repeat(1_000)}…`);
});
