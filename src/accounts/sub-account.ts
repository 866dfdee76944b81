import type { Booking, SubAccountHolding } from "../domain/ledger/sub-accounts.ts";
import { UNATTRIBUTED } from "../domain/strategy-target.ts";
import type { Decimal } from "../domain/decimal.ts";
import { roundHalfUp, CENT_DECIMALS, ZERO } from "../domain/decimal.ts";

/** The strategies' sub-accounts in memory: positions of each symbol at average cost. */
export class SubAccounts {
  readonly #holdings = new Map<string, SubAccountHolding>();
  readonly #changed = new Set<string>();

  constructor(holdings: Iterable<SubAccountHolding>) {
    for (const holding of holdings) this.#holdings.set(keyOf(holding), holding);
  }

  /** Every position, including closed ones, whose profit stays. */
  get holdings(): SubAccountHolding[] {
    return [...this.#holdings.values()];
  }

  /** Positions changed by bookings so far. */
  get changed(): SubAccountHolding[] {
    return [...this.#changed].flatMap((key) => this.#holdings.get(key) ?? []);
  }

  /** Sub-account → shares of a symbol, for those that hold any. */
  held(symbol: string): Map<string, Decimal> {
    const holdings = this.holdings.filter((holding) => holding.symbol === symbol && !holding.quantity.eq(ZERO));
    return new Map(holdings.map(({ book, quantity }) => [book, quantity]));
  }

  /** Cost of the shares a sub-account would give away, in whole cents. */
  costOf(book: string, symbol: string, quantity: Decimal): Decimal {
    return costOf(this.#of(book, symbol), quantity);
  }

  /** Applies one journal entry. The unattributed sub-account is the remainder, so nothing is stored for it. */
  apply(booking: Pick<Booking, "book" | "symbol" | "quantity" | "amount">): void {
    if (booking.book === UNATTRIBUTED) return;
    const changed = applied(this.#of(booking.book, booking.symbol), booking);
    this.#holdings.set(keyOf(changed), changed);
    this.#changed.add(keyOf(changed));
  }

  #of(book: string, symbol: string): SubAccountHolding {
    return this.#holdings.get(keyOf({ book, symbol })) ?? { book, symbol, quantity: ZERO, cost: ZERO, realised: ZERO, cash: ZERO };
  }
}

/** Average cost: a sale removes its share of the cost, and the rest of the proceeds is profit. */
function applied(holding: SubAccountHolding, { quantity, amount }: Pick<Booking, "quantity" | "amount">): SubAccountHolding {
  const after = holding.quantity.plus(quantity);
  if (after.lt(ZERO)) throw new RangeError(`The sub-account ${holding.book} would hold ${after.toFixed()} shares of ${holding.symbol}.`);
  const cash = holding.cash.plus(amount);
  if (quantity.gte(ZERO)) return { ...holding, quantity: after, cost: holding.cost.minus(amount), cash };
  const cost = costOf(holding, quantity.neg());
  return { ...holding, quantity: after, cost: holding.cost.minus(cost), realised: holding.realised.plus(amount).minus(cost), cash };
}

function costOf({ quantity, cost }: SubAccountHolding, part: Decimal): Decimal {
  return part.gte(quantity) ? cost : roundHalfUp(cost.times(part).div(quantity), CENT_DECIMALS);
}

function keyOf({ book, symbol }: Pick<SubAccountHolding, "book" | "symbol">): string {
  return `${symbol} ${book}`;
}
