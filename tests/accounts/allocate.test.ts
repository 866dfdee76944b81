import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { allocate } from "../../src/accounts/allocate.ts";
import { decimal, sum, truncate } from "../../src/domain/decimal.ts";

function parts(total: string, weights: Readonly<Record<string, string>>, places: number): string[] {
  const exact = new Map(Object.entries(weights).map(([name, weight]) => [name, decimal(weight)]));
  return [...allocate(decimal(total), exact, places)].map(([name, part]) => `${name} ${part.toFixed()}`);
}

test("the cents that are left go to the largest remainders, of equal ones to the first", () => {
  expect(parts("100", { a: "1", b: "1", c: "1" }, 2)).toEqual(["a 33.34", "b 33.33", "c 33.33"]);
  expect(parts("0.05", { a: "0.6", b: "0.1", c: "0.3" }, 2)).toEqual(["a 0.03", "b 0.01", "c 0.01"]);
  expect(parts("1", { a: "0", b: "2" }, 9)).toEqual(["a 0", "b 1"]);
});

test("nothing cannot be divided by nobody", () => {
  expect(() => allocate(decimal("1"), new Map(), 2)).toThrow(RangeError);
  expect(() => allocate(decimal("-1"), new Map([["a", decimal("1")]]), 2)).toThrow(RangeError);
});

test("whatever is divided, the parts are whole units, within one of their share, and add up exactly", () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 15n });
  const weight = fc.bigInt({ min: 0n, max: 10n ** 12n });
  fc.assert(
    fc.property(amount, fc.array(weight, { minLength: 1, maxLength: 6 }), fc.constantFrom(2, 9), (units, list, places) => {
      fc.pre(list.some((each) => each > 0n));
      const total = decimal(units).div(decimal(10n ** BigInt(places)));
      const weights = new Map(list.map((each, index) => [String(index), decimal(each)]));
      const divided = allocate(total, weights, places);
      expect(sum(divided.values()).toFixed()).toBe(total.toFixed());
      const all = sum(weights.values());
      for (const [name, part] of divided) {
        expect(part.toFixed()).toBe(truncate(part, places).toFixed());
        const share = total.times(weights.get(name) ?? "0").div(all);
        expect(
          part
            .minus(share)
            .abs()
            .lte(decimal(`1e-${String(places)}`)),
        ).toBe(true);
      }
    }),
    { seed: 9 },
  );
});
