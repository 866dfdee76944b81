import type { Broker, Order } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { sum, ZERO } from "../../domain/decimal.ts";
import { isOwnOrder } from "../orders/ids.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";
import type { Expected } from "./settle.ts";

/** How long an account may contradict our fills before external orders are looked for, and before they are looked for again. */
export const EXTERNAL_FILLS_AFTER_MS = 5_000;
/** How far back the orders of a symbol are listed: further than any clock is wrong that trades. */
const LISTED_MS = 900_000;

/** What external orders have bought of a symbol, less what they sold, since our order for it: shares and dollars. */
export interface ExternalFills {
  readonly shares: Decimal;
  readonly cost: Decimal;
}

/**
 * Somebody traded a symbol by hand right after we did: the quantity differs from what our fills make, and always will.
 * Where the fills of external orders explain the difference exactly, our own fills are contained in it (R16).
 * @param expected from our own fills alone.
 * @returns by symbol, those that are explained; none where the orders cannot be listed.
 */
export async function explainedByExternalFills(
  broker: Pick<Broker, "ordersSince">,
  snapshot: AccountSnapshot,
  expected: Expected,
): Promise<ReadonlyMap<string, ExternalFills>> {
  const differing = [...expected.quantities].filter(([symbol, quantity]) => !shownOf(symbol, snapshot).eq(quantity));
  if (differing.length === 0) return new Map();
  try {
    const symbols = differing.map(([symbol]) => symbol);
    const listed = await broker.ordersSince(snapshot.market.clock.timestamp - LISTED_MS, symbols);
    const fills = differing.map(([symbol, quantity]) => ({ symbol, quantity, ...externalFills(symbol, listed, expected.after) }));
    const explained = fills.filter(({ symbol, quantity, shares }) => quantity.plus(shares).eq(shownOf(symbol, snapshot)));
    return new Map(explained.map(({ symbol, shares, cost }) => [symbol, { shares, cost }]));
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return new Map();
  }
}

/** What the account must show when these external fills are added to ours. */
export function withExternalFills(expected: Expected, external: ReadonlyMap<string, ExternalFills>): Expected {
  const traded = [...external].filter(([symbol]) => expected.quantities.has(symbol));
  if (traded.length === 0) return expected;
  const quantities = new Map(expected.quantities);
  for (const [symbol, { shares }] of traded) quantities.set(symbol, (quantities.get(symbol) ?? ZERO).plus(shares));
  return { ...expected, quantities, cash: expected.cash?.minus(sum(traded.map(([, { cost }]) => cost))) };
}

function externalFills(symbol: string, listed: readonly Order[], after: Expected["after"]): ExternalFills {
  const orders = listed.filter((order) => order.symbol === symbol && order.problem === undefined);
  const own = orders.find(({ clientOrderId }) => clientOrderId === after.get(symbol));
  const since = own?.submittedAt ?? own?.createdAt ?? Infinity;
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
