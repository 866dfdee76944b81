import { ONE, ZERO, type Decimal } from "../../src/domain/decimal.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import { factorOf } from "../../src/simulator/splits.ts";

/** Books the quantity of every split that is waiting for it. */
export function bookSplits(exchange: Exchange): void {
  const { splits } = exchange.state;
  const bookAt = exchange.clock.now();
  for (const [index, split] of splits.entries()) if (split.bookAt !== undefined) splits[index] = { ...split, bookAt };
  // A read books what is due.
  exchange.positionViews();
}

/** The factor of the change in a symbol's quantity once its splits are booked. */
export function pendingFactor({ state }: Exchange, symbol: string): Decimal {
  const pending = state.splits.filter((split) => split.symbol === symbol && split.bookAt !== undefined && split.shares?.gt(ZERO) === true);
  return pending.reduce((product, split) => product.times(factorOf(split)), ONE);
}
