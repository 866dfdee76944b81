import type { Broker, Order } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { sum, ZERO } from "../../domain/decimal.ts";
import { isOwnOrder } from "../orders/ids.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";
import type { Expected } from "./settle.ts";

/** How far back the orders of a symbol are listed: further than any clock is wrong that trades. */
const LISTED_MS = 900_000;

/**
 * Somebody traded a symbol by hand right after we did: the quantity differs from what our fills make, and always will.
 * Where the fills of external orders explain the difference exactly, our own fills are contained in it (R16).
 * @returns `expected` with the quantities that are explained; unchanged where the orders cannot be listed.
 */
export async function withExternalFills(
  broker: Pick<Broker, "ordersSince">,
  snapshot: AccountSnapshot,
  expected: Expected,
): Promise<Expected> {
  const differing = [...expected.quantities].filter(([symbol, quantity]) => !shownOf(symbol, snapshot).eq(quantity));
  if (differing.length === 0) return expected;
  try {
    const symbols = differing.map(([symbol]) => symbol);
    const listed = await broker.ordersSince(snapshot.market.clock.timestamp - LISTED_MS, symbols);
    let { cash } = expected;
    const quantities = new Map(expected.quantities);
    for (const [symbol, quantity] of differing) {
      const fills = externalFills(symbol, listed);
      const shown = shownOf(symbol, snapshot);
      if (!quantity.plus(fills.shares).eq(shown)) continue;
      quantities.set(symbol, shown);
      cash = cash?.minus(fills.cost);
    }
    return { ...expected, quantities, cash };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return expected;
  }
}

/** What external orders have bought of a symbol, less what they sold, since our newest order for it was submitted: shares and dollars. */
function externalFills(symbol: string, listed: readonly Order[]): { readonly shares: Decimal; readonly cost: Decimal } {
  const orders = listed.filter((order) => order.symbol === symbol && order.problem === undefined);
  const since = Math.max(...orders.filter(isOwnOrder).map(({ submittedAt, createdAt }) => submittedAt ?? createdAt));
  const external = orders.filter((order) => !isOwnOrder(order) && (order.filledAt ?? -Infinity) >= since);
  const bought = external.map(({ side, filledQuantity, filledAveragePrice }) => {
    const shares = side === "buy" ? filledQuantity : ZERO.minus(filledQuantity);
    return { shares, cost: shares.times(filledAveragePrice ?? ZERO) };
  });
  return { shares: sum(bought.map(({ shares }) => shares)), cost: sum(bought.map(({ cost }) => cost)) };
}

function shownOf(symbol: string, { positions }: AccountSnapshot): Decimal {
  return positions.find((position) => position.symbol === symbol)?.quantity ?? ZERO;
}
