import { describe, expect, test } from "@jest/globals";
import { formatDollars, formatPercent, formatQuantity, formatShares, formatWeight } from "../../src/domain/format.ts";
import { decimal } from "../../src/domain/decimal.ts";

describe("amounts for people", () => {
  test.each([
    ["100000", "$100,000.00"],
    ["-1.98", "-$1.98"],
    ["0", "$0.00"],
    ["-0.001", "$0.00"],
    ["999.995", "$1,000.00"],
    ["1234567.8", "$1,234,567.80"],
  ])("%s dollars are written %s", (amount, text) => {
    expect(formatDollars(decimal(amount))).toBe(text);
  });

  test.each([
    ["0.312", 1, "31.2 %"],
    ["-0.0123", 2, "-1.23 %"],
    ["2", 0, "200 %"],
    ["12.5", 0, "1,250 %"],
    ["-0.0001", 1, "0.0 %"],
  ])("the fraction %s with %i places is written %s", (fraction, places, text) => {
    expect(formatPercent(decimal(fraction), places)).toBe(text);
  });

  test("a weight is written with the decimals it has, three at most", () => {
    expect(["0.312", "0.0625", "0.75", "0.333333"].map((weight) => formatWeight(decimal(weight)))).toEqual([
      "31.2 %",
      "6.25 %",
      "75.0 %",
      "33.333 %",
    ]);
  });

  test.each([
    ["486.624153", "486.624153"],
    ["7.2273576", "7.2273576"],
    ["1234.5", "1,234.5"],
    ["0.000000001", "0.000000001"],
    ["12345", "12,345"],
    ["-10", "-10"],
  ])("a quantity of %s is written %s", (quantity, text) => {
    expect(formatQuantity(decimal(quantity))).toBe(text);
  });

  test("one share is a share, all else are shares", () => {
    expect([formatShares(decimal("1")), formatShares(decimal("0.5"))]).toEqual(["1 share", "0.5 shares"]);
  });
});
