import type { Decimal } from "../domain/decimal.ts";
import { max, min, ONE, SHARE_DECIMALS, sum, ZERO } from "../domain/decimal.ts";
import { allocate } from "./allocate.ts";
import { UNATTRIBUTED } from "../domain/strategy-target.ts";

/** Book → shares, positive or negative. */
export type Shares = ReadonlyMap<string, Decimal>;

/**
 * Shares that move from sub-accounts that want less of a symbol to those that want more, without an order
 * (R32): as many as both sides have in common, in proportion on each side.
 * @param deltas the shares each sub-account wanted to trade.
 * @param held the strategies' shares; none of them gives away more.
 * @returns the change of each sub-account, negative for a decrease; the sum is zero.
 */
export function transferred(deltas: Shares, held: Shares): Map<string, Decimal> {
  const buyers = positive(deltas);
  const sellers = positive(negated(deltas));
  const common = min(sum(buyers.values()), sum(sellers.values()));
  if (common.eq(ZERO)) return new Map();
  const given = covered(allocate(common, sellers, SHARE_DECIMALS), held);
  const taken = allocate(common, buyers, SHARE_DECIMALS);
  return summed(taken, negated(given));
}

/**
 * Attributes the shares of a fill (R32) to the sub-accounts that wanted them, in proportion.
 * @param quantity shares bought, negative when sold.
 * @param weights each sub-account's target weight of the symbol; used when a buy matches no delta.
 * @returns the change of each sub-account, negative for a decrease; the sum is `quantity`.
 */
export function attributed(quantity: Decimal, deltas: Shares, weights: Shares, held: Shares): Map<string, Decimal> {
  if (quantity.gte(ZERO)) return allocate(quantity, firstOf(positive(deltas), positive(weights)), SHARE_DECIMALS);
  return negated(sold(quantity.neg(), positive(negated(deltas)), held));
}

/** Deltas first; shares sold beyond them come from the strategies' positions, and the rest from the unattributed sub-account. */
function sold(quantity: Decimal, deltas: Shares, held: Shares): Map<string, Decimal> {
  const total = min(quantity, sum(deltas.values()));
  const first = total.eq(ZERO) ? new Map<string, Decimal>() : covered(allocate(total, deltas, SHARE_DECIMALS), held);
  const rest = quantity.minus(total);
  if (rest.eq(ZERO)) return first;
  const left = positive(summed(held, negated(without(first, UNATTRIBUTED))));
  const fromHeld = min(rest, sum(left.values()));
  const second = fromHeld.eq(ZERO) ? new Map<string, Decimal>() : allocate(fromHeld, left, SHARE_DECIMALS);
  return summed(summed(first, second), new Map([[UNATTRIBUTED, rest.minus(fromHeld)]]));
}

/** No strategy gives more than it holds; the unattributed sub-account gives the difference. */
function covered(parts: Shares, held: Shares): Map<string, Decimal> {
  const result = new Map(
    [...parts].map(([book, part]) => [book, book === UNATTRIBUTED ? part : min(part, max(ZERO, held.get(book) ?? ZERO))]),
  );
  const missing = sum(parts.values()).minus(sum(result.values()));
  return missing.eq(ZERO) ? result : summed(result, new Map([[UNATTRIBUTED, missing]]));
}

function firstOf(...candidates: readonly Shares[]): Shares {
  return candidates.find((weights) => weights.size > 0) ?? new Map([[UNATTRIBUTED, ONE]]);
}

function positive(shares: Shares): Map<string, Decimal> {
  return new Map([...shares].filter(([, quantity]) => quantity.gt(ZERO)));
}

function negated(shares: Shares): Map<string, Decimal> {
  return new Map([...shares].map(([book, quantity]) => [book, quantity.neg()]));
}

function summed(one: Shares, other: Shares): Map<string, Decimal> {
  const total = new Map(one);
  for (const [book, quantity] of other) total.set(book, (total.get(book) ?? ZERO).plus(quantity));
  return new Map([...total].filter(([, quantity]) => !quantity.eq(ZERO)));
}

function without(shares: Shares, book: string): Map<string, Decimal> {
  return new Map([...shares].filter(([name]) => name !== book));
}
