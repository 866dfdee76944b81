import { expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { shownQuotient } from "../../src/simulator/quotient.ts";

const shown = (dividend: string, divisor: string): string => shownQuotient(decimal(dividend), decimal(divisor));

test.each([
  ["1", "3", "0.333333333"],
  ["2", "3", "0.666666667"],
  ["-2", "3", "-0.666666667"],
  ["1", "2000000000", "0.000000001"],
  ["-1", "2000000001", "0"],
  ["120000", "0.04", "3000000"],
  ["0", "-7", "0"],
  ["12.5", "-5", "-2.5"],
])("%s divided by %s is shown as %s, rounded half away from zero", (dividend, divisor, text) => {
  expect(shown(dividend, divisor)).toBe(text);
});

test("nothing is divided by zero", () => {
  expect(() => shown("1", "0")).toThrow(RangeError);
});
