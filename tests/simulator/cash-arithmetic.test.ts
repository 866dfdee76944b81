import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decimal, sum, toText, ZERO } from "../../src/domain/decimal.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import { Refusal } from "../../src/simulator/refusals.ts";
import { limitOrder, marketOrder, openExchange } from "./fixture.ts";

const SYMBOLS = ["SMR", "LEU", "BTAL"];
const symbol = fc.constantFrom(...SYMBOLS);
const side = fc.constantFrom("buy" as const, "sell" as const);
const cents = (most: number): fc.Arbitrary<string> => fc.integer({ min: 1, max: most * 100 }).map((value) => (value / 100).toFixed(2));
const nano = fc.integer({ min: 1, max: 3_000_000 }).map((value) => (value / 1000).toFixed(3) + "000007");
const step = fc.oneof(
  fc.record({ kind: fc.constant("notional" as const), side, symbol, size: cents(60_000) }),
  fc.record({ kind: fc.constant("quantity" as const), side, symbol, size: nano }),
  fc.record({ kind: fc.constant("limit" as const), side, symbol, size: fc.integer({ min: 1, max: 500 }).map(String), price: cents(250) }),
  fc.record({ kind: fc.constant("price" as const), symbol, price: cents(250) }),
  fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(50) }),
  fc.record({ kind: fc.constant("exit" as const), symbol }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 2_000_000 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function perform(exchange: Exchange, action: Step): void {
  switch (action.kind) {
    case "notional":
      exchange.submit(marketOrder(action.side, action.symbol, { notional: action.size }));
      return;
    case "quantity":
      exchange.submit(marketOrder(action.side, action.symbol, { qty: action.size }));
      return;
    case "limit":
      exchange.submit(limitOrder(action.side, action.symbol, action.size, action.price));
      return;
    case "price":
      exchange.setPrice(action.symbol, action.price);
      return;
    case "cancel": {
      const order = [...exchange.state.orders.values()].at(-1 - action.which);
      if (order !== undefined) exchange.cancel(order.id);
      return;
    }
    case "exit":
      exchange.closePosition(action.symbol);
      return;
    case "wait":
      return;
  }
}

/** Cash and shares computed from the fills alone, beside the account's own. */
function books(exchange: Exchange): { fills: Record<string, string>; account: Record<string, string> } {
  const fills = exchange.state.activities;
  const signed = (wanted: string | undefined, weight: (fill: (typeof fills)[number]) => string): string =>
    toText(
      sum(
        fills
          .filter((fill) => wanted === undefined || fill.symbol === wanted)
          .map((fill) => (fill.side === "buy" ? decimal(weight(fill)) : decimal(weight(fill)).times(decimal("-1")))),
      ),
    );
  const cost = signed(undefined, (fill) => toText(decimal(fill.price!).times(decimal(fill.qty!))));
  const shares = Object.fromEntries(SYMBOLS.map((name) => [name, signed(name, (fill) => fill.qty!)]));
  const held = Object.fromEntries(SYMBOLS.map((name) => [name, toText(exchange.state.positions.get(name)?.quantity ?? ZERO)]));
  return {
    fills: { ...shares, cash: toText(decimal("100000").minus(decimal(cost))) },
    account: { ...held, cash: toText(exchange.state.cash) },
  };
}

describe("the books of an account without leverage", () => {
  test("agree with its fills to the last decimal, never go below zero, and hold no short, whatever is ordered", async () => {
    let filled = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), fc.nat(1_000), async (steps, seed) => {
        const { clock, exchange } = openExchange({ seed, partialFillProbability: 0.5, prices: { SMR: "40", LEU: "200", BTAL: "20" } });
        for (const action of steps) {
          try {
            perform(exchange, action);
          } catch (thrown) {
            if (!(thrown instanceof Refusal)) throw thrown;
          }
          await clock.advance(action.kind === "wait" ? action.ms : 150);
          const { fills, account } = books(exchange);
          expect(account).toEqual(fills);
          expect(exchange.state.cash.gte(ZERO)).toBe(true);
          expect([...exchange.state.positions.values()].every(({ quantity, cost }) => quantity.gt(ZERO) && cost.gte(ZERO))).toBe(true);
        }
        filled += exchange.state.activities.length;
        exchange.close();
      }),
      { seed: 20250714, numRuns: 60 },
    );
    expect(filled).toBeGreaterThan(100);
  });
});
