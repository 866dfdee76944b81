import type { Position } from "../broker/broker.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Decimal } from "../portfolio/money.ts";

/** What our last fill of each held symbol left of it: the measure for whether a split has changed the position since (R10). */
export function knownQuantities(ledger: Pick<Ledger, "lastFilledIntent">, positions: readonly Position[]): Map<string, Decimal> {
  const known = new Map<string, Decimal>();
  for (const { symbol } of positions) {
    const last = ledger.lastFilledIntent(symbol);
    if (last === undefined) continue;
    const filled = last.filledQuantity;
    known.set(symbol, last.side === "buy" ? last.heldBefore.plus(filled) : last.heldBefore.minus(filled));
  }
  return known;
}
