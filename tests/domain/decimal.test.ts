import { describe, expect, test } from "@jest/globals";
import { decimal, decimalFromNumber, max, min, parseDecimal, roundHalfUp, sum, toText, truncate } from "../../src/domain/decimal.ts";

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

  /** Every form that the pattern allows, against the library that reads it. */
  test.each(["+15.20", "-15.2", "5.", ".5", "+.5", "-.5", "1e3", "1E3", "+1e+3", "1e-3", "007", "+0", "1e300"])("read %j", (text) => {
    const digits = text.replace("+", "");
    expect(decimal(text).eq(decimal(digits))).toBe(true);
    expect(Number(toText(parseDecimal(text)!))).toBe(Number(text));
  });

  test.each(["+-1", "++1", "+", "1e", "1e1000", "."])("refuse %j", (text) => {
    expect(parseDecimal(text)).toBeUndefined();
    expect(() => decimal(text)).toThrow(RangeError);
  });

  test("from outside are text of at most 64 characters", () => {
    expect(toText(parseDecimal("1.50")!)).toBe("1.5");
    expect(toText(parseDecimal(`0.${"1".repeat(62)}`)!)).toBe(`0.${"1".repeat(62)}`);
    expect(parseDecimal(`0.${"1".repeat(63)}`)).toBeUndefined();
    for (const value of [1.5, 10n, null, undefined, ["1"]]) expect(parseDecimal(value)).toBeUndefined();
  });

  test("take whole numbers as bigint and other decimals as they are, and quote only the beginning of what they refuse", () => {
    expect(toText(decimal(12_345_678_901_234_567_890n))).toBe("12345678901234567890");
    expect(toText(decimal(decimal("1.25")))).toBe("1.25");
    expect(() => decimal("x".repeat(50))).toThrow(`"${"x".repeat(40)}" is not a decimal number.`);
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
