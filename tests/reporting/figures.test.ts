import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { formatPrice, signedDollars, signedPercent } from "../../src/reporting/figures.ts";
import { formatDuration } from "../../src/domain/time-format.ts";
import { plainStyle, richStyle } from "../../src/reporting/style.ts";
import { table } from "../../src/reporting/table.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { stripVTControlCharacters } from "node:util";

describe("figures", () => {
  test.each([
    ["38.5", "38.50"],
    ["217.138185", "217.138185"],
    ["1867", "1,867.00"],
    ["0.00012345", "0.000123"],
  ])("a price of %s is shown as %s", (price, shown) => {
    expect(formatPrice(decimal(price))).toBe(shown);
  });

  test.each([
    ["12", "+$12.00"],
    ["-1.98", "-$1.98"],
    ["0.004", "$0.00"],
  ])("a change of %s dollars is shown as %s", (change, shown) => {
    expect(signedDollars(decimal(change))).toBe(shown);
  });

  test("a change of a fraction carries its sign", () => {
    expect([signedPercent(decimal("0.046")), signedPercent(decimal("-0.003")), signedPercent(decimal("0.0001"))]).toEqual([
      "+4.6 %",
      "-0.3 %",
      "0.0 %",
    ]);
  });

  test.each([
    [999, "0 s"],
    [12_400, "12 s"],
    [250_000, "4 min 10 s"],
    [3_600_000, "1 h"],
    [183_600_000, "2 d 3 h"],
  ])("%d ms are %s", (ms, shown) => {
    expect(formatDuration(ms)).toBe(shown);
  });
});

describe("a table", () => {
  const columns = [
    { title: "Name", align: "left" as const },
    { title: "Value", align: "right" as const },
    { title: "Why", align: "left" as const },
  ];
  const cell = fc.string({ unit: fc.constantFrom("a", "b", "1", "."), minLength: 1, maxLength: 12 });

  test("puts every column at the same place in every row, with and without colours", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 }), (rows) => {
        const cells = rows.map((row) => row.map((text) => ({ text, tint: "good" as const })));
        const plain = table(columns, cells, plainStyle);
        const start = plain[0]!.indexOf("Why");
        const valueEnd = plain[0]!.indexOf("Value") + "Value".length;
        for (const [index, [name, value, why]] of rows.entries()) {
          const row = plain[index + 1]!;
          expect(row.slice(2, 2 + name.length)).toBe(name);
          expect(row.slice(valueEnd - value.length, valueEnd)).toBe(value);
          expect(row.slice(start)).toBe(why);
        }
        expect(table(columns, cells, richStyle).map(stripVTControlCharacters)).toEqual(plain);
      }),
      { seed: 20_250_716 },
    );
  });
});
