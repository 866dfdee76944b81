import type { Decimal } from "../domain/decimal.ts";
import { decimal, sum, truncate, ZERO } from "../domain/decimal.ts";

/**
 * Divides an amount in proportion into whole units that add up to it exactly: every part is rounded down,
 * and the remaining units go to the largest remainders (the first of equal ones). Anything smaller than a
 * unit is added to the first of these units.
 * @param total not negative.
 * @param weights not negative and not all zero; a weight of zero gets nothing.
 * @param places decimals of a unit: 2 for cents, 9 for shares.
 */
export function allocate(total: Decimal, weights: ReadonlyMap<string, Decimal>, places: number): Map<string, Decimal> {
  const all = sum(weights.values());
  if (all.lte(ZERO) || total.lt(ZERO)) throw new RangeError(`${total.toFixed()} cannot be divided by weights of ${all.toFixed()}.`);
  const shares = [...weights].map(([name, weight]) => {
    const exact = total.times(weight).div(all);
    const part = truncate(exact, places);
    return { name, part, remainder: exact.minus(part) };
  });
  const unit = decimal(`1e-${places}`);
  let left = total.minus(sum(shares.map(({ part }) => part)));
  const parts = new Map(shares.map(({ name, part }) => [name, part]));
  for (const { name, part } of shares.toSorted((one, other) => other.remainder.cmp(one.remainder))) {
    if (left.lte(ZERO)) break;
    const more = left.lt(unit.times(decimal("2"))) ? left : unit;
    parts.set(name, part.plus(more));
    left = left.minus(more);
  }
  return parts;
}
