import { describe, expect, test } from "@jest/globals";
import { decimal, decimalFromNumber, max, min, parseDecimal, roundHalfUp, sum, toText, truncate } from "../../src/portfolio/money.ts";

describe("exact decimals", () => {
  test("add up without the error of binary fractions", () => {
    expect(toText(sum([decimal("0.1"), decimal("0.2"), decimal("0.7")]))).toBe("1");
  });

  test("are cut off towards zero for orders and rounded half up for display", () => {
    expect(toText(truncate(decimal("7.2273576999"), 9))).toBe("7.227357699");
    expect(toText(truncate(decimal("-1.989"), 2))).toBe("-1.98");
    expect(toText(roundHalfUp(decimal("1.985"), 2))).toBe("1.99");
  });

  test.each(["", " 1", "1,5", "abc", "0x10", "Infinity", "NaN", "1.2.3", "--1"])("refuse %j", (text) => {
    expect(parseDecimal(text)).toBeUndefined();
    expect(() => decimal(text)).toThrow(RangeError);
  });

  test("refuse a JavaScript number in arithmetic, because one float would spoil the chain unseen", () => {
    expect(() => decimal("1").plus(0.1)).toThrow();
  });

  test("take a JSON number by its shortest digits", () => {
    expect(toText(decimalFromNumber(0.1))).toBe("0.1");
    expect(toText(decimalFromNumber(1e-7))).toBe("0.0000001");
    expect(() => decimalFromNumber(Number.NaN)).toThrow(RangeError);
  });

  test("know the least and the greatest of several", () => {
    expect(toText(min(decimal("2"), decimal("-1"), decimal("3")))).toBe("-1");
    expect(toText(max(decimal("2"), decimal("-1"), decimal("3")))).toBe("3");
  });
});
