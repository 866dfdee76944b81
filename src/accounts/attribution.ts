import type { Decimal } from "../domain/decimal.ts";
import { max, min, ONE, SHARE_DECIMALS, sum, ZERO } from "../domain/decimal.ts";
import { allocate } from "./allocate.ts";
import { UNATTRIBUTED } from "../domain/strategy-target.ts";

/** Book → shares, positive or negative. */
export type Shares = ReadonlyMap<string, Decimal>;

/**
 * Shares that pass from books that want less of a symbol to books that want more of it, without an order
 * (R32): as many as both sides have in common, in proportion on either side.
 * @param deltas what each book wished to trade.
 * @param held what the strategies' books hold; none of them gives away more.
 * @returns what comes into each book, negative for what leaves it; it adds up to zero.
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
 * Whose shares those of a fill are (R32): those of the books that wished for it, in proportion.
 * @param quantity shares bought, negative when sold.
 * @param weights what each book claims of the symbol; they decide where a buy matches no wish.
 * @returns what comes into each book, negative for what leaves it; it adds up to `quantity`.
 */
export function attributed(quantity: Decimal, deltas: Shares, weights: Shares, held: Shares): Map<string, Decimal> {
  if (quantity.gte(ZERO)) return allocate(quantity, firstOf(positive(deltas), positive(weights)), SHARE_DECIMALS);
  return negated(sold(quantity.neg(), positive(negated(deltas)), held));
}

/** Wishes first; what was sold beyond them comes out of what the books hold, and the last of it out of the unattributed one. */
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

/** No strategy's book gives more than it holds; the unattributed one gives the difference. */
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
