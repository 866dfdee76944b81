import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import type { Decimal } from "../../src/domain/decimal.ts";
import { decimal, max, min, sum, ZERO } from "../../src/domain/decimal.ts";
import { isOwnOrder } from "../../src/execution/orders/ids.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import type { Violation } from "./invariants.ts";
import type { Scenario } from "./scenario.ts";

/** What R33 allows beyond the way from the holding to the target, and what prices move meanwhile; fractions of the base. */
const SLACK = decimal("0.05");
const MOVES = decimal("0.05");
const DOLLARS = decimal("30");

/** The account when the first order of a signal left, by the venue's own book. */
interface Before {
  /** With and without what an unreadable row hides for now: plans are made on either. */
  readonly bases: readonly Decimal[];
  readonly values: ReadonlyMap<string, Decimal>;
  readonly prices: ReadonlyMap<string, Decimal>;
  /** Dollars that each order had filled by then, by its id at the venue. */
  readonly filled: ReadonlyMap<string, Decimal>;
}

/**
 * P4: over all executions of one signal, no more of a symbol is traded than the way from what was held to its target
 * and 5 % of the base, and never in both directions (R33).
 */
export class BoundAudit {
  readonly #exchange: Exchange;
  readonly #scenario: Scenario;
  readonly #before = new Map<string, Before>();

  constructor(exchange: Exchange, scenario: Scenario) {
    this.#exchange = exchange;
    this.#scenario = scenario;
  }

  /**
   * @param signalId of an order that leaves.
   * @param unreadable symbols that the process was shown in rows that cannot be read: they belong to no base while that lasts (R9).
   */
  onSent(signalId: string, unreadable: ReadonlySet<string>): void {
    if (!this.#before.has(signalId)) this.#before.set(signalId, this.#look(unreadable));
  }

  /**
   * @param target the signal's weight for the symbol.
   * @param orders all of the signal for the symbol, at the venue.
   */
  violationsOf(
    signalId: string,
    { symbol, target: weight }: { readonly symbol: string; readonly target: number },
    orders: readonly OrderRecord[],
  ): Violation[] {
    const before = this.#before.get(signalId);
    if (before === undefined) return [];
    const [bought, sold] = [moved("buy", orders), moved("sell", orders)];
    if (bought.gt(ZERO) && sold.gt(ZERO)) return [violation(`The signal ${signalId} has bought and sold ${symbol}`)];
    const held = before.values.get(symbol) ?? ZERO;
    const ways = before.bases.map((base) => {
      const way = decimal(String(weight)).times(base).minus(held).abs();
      return way.plus(base.times(SLACK.plus(MOVES))).plus(DOLLARS);
    });
    const most = max(ZERO, ...ways).plus(this.#filledLate(symbol, before, orders));
    const price = before.prices.get(symbol);
    const shares = sum(orders.map(({ filledQuantity }) => filledQuantity));
    // Shares count at the price before, so that a price that rises meanwhile makes no trade too large.
    const dollars = max(bought, sold);
    const atBefore = price === undefined ? dollars : shares.times(price);
    const traded = sold.gt(ZERO) ? atBefore : min(dollars, atBefore);
    if (traded.lte(most)) return [];
    return [violation(`The signal ${signalId} has traded $${traded.toFixed(2)} of ${symbol}, and $${most.toFixed(2)} at most were to be`)];
  }

  /** Dollars that orders of earlier signals have filled since: that changes the way, too. */
  #filledLate(symbol: string, { filled }: Before, own: readonly OrderRecord[]): Decimal {
    const others = [...this.#exchange.state.orders.values()].filter(
      (order) => order.symbol === symbol && isOwnOrder(order) && !own.includes(order),
    );
    return sum(others.map(({ id, filledValue }) => filledValue.minus(filled.get(id) ?? ZERO)));
  }

  #look(unreadable: ReadonlySet<string>): Before {
    const { state } = this.#exchange;
    const symbols = [...state.positions.keys()];
    const prices = new Map([...symbols, ...this.#scenario.universe].map((symbol) => [symbol, this.#exchange.valueOf(symbol)]));
    const values = new Map(
      symbols.map((symbol) => [symbol, (state.positions.get(symbol)?.quantity ?? ZERO).times(prices.get(symbol) ?? ZERO)]),
    );
    const { protectedSymbols, allowedSymbols } = this.#scenario.settings;
    const counted = symbols.filter((symbol) => !protectedSymbols.has(symbol) && allowedSymbols?.has(symbol) !== false);
    const readable = counted.filter((symbol) => !unreadable.has(symbol));
    const bases = [counted, readable].map((parts) => max(ZERO, state.cash.plus(sum(parts.map((symbol) => values.get(symbol) ?? ZERO)))));
    const filled = new Map([...state.orders.values()].map(({ id, filledValue }) => [id, filledValue]));
    return { bases, values, prices, filled };
  }
}

function moved(side: IntentRecord["side"], orders: readonly OrderRecord[]): Decimal {
  return sum(orders.filter((order) => order.side === side).map(({ filledValue }) => filledValue));
}

function violation(text: string): Violation {
  return { promise: "P4", text: `${text}.` };
}
