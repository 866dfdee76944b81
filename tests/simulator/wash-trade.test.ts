import { describe, expect, test } from "@jest/globals";
import { holding, limitOrder, marketOrder, openExchange, refusalOf, WEEKEND } from "./fixture.ts";

const stop = (side: "buy" | "sell", stopPrice: string): Record<string, unknown> => ({
  symbol: "SMR",
  side,
  type: "stop",
  time_in_force: "day",
  qty: "1",
  stop_price: stopPrice,
});

const MATRIX: readonly (readonly [
  existing: string,
  fresh: string,
  first: Record<string, unknown>,
  second: Record<string, unknown>,
  reason: string,
])[] = [
  [
    "market buy",
    "market sell",
    marketOrder("buy", "SMR", { qty: "1" }),
    marketOrder("sell", "SMR", { qty: "1" }),
    "opposite side market/stop order exists",
  ],
  [
    "market buy",
    "limit sell",
    marketOrder("buy", "SMR", { qty: "1" }),
    limitOrder("sell", "SMR", "1", "90"),
    "opposite side market/stop order exists",
  ],
  ["stop sell", "market buy", stop("sell", "30"), marketOrder("buy", "SMR", { qty: "1" }), "opposite side market/stop order exists"],
  ["stop sell", "limit buy", stop("sell", "30"), limitOrder("buy", "SMR", "1", "20"), "opposite side market/stop order exists"],
  [
    "limit sell",
    "market buy",
    limitOrder("sell", "SMR", "1", "90"),
    marketOrder("buy", "SMR", { qty: "1" }),
    "opposite side limit order exists",
  ],
  ["limit sell", "stop buy", limitOrder("sell", "SMR", "1", "90"), stop("buy", "50"), "opposite side limit order exists"],
  [
    "limit sell",
    "limit buy at its price",
    limitOrder("sell", "SMR", "1", "90"),
    limitOrder("buy", "SMR", "1", "90"),
    "opposite side limit order exists",
  ],
];

describe("the wash-trade rule", () => {
  test.each(MATRIX)("%s against a new %s", (_existing, _fresh, first, second, reason) => {
    const { exchange } = openExchange({ positions: [holding("SMR", "10", "40")] }, WEEKEND);
    const existing = exchange.submit(first);
    expect(refusalOf(() => exchange.submit(second))).toEqual({
      status: 403,
      body: {
        code: 40310000,
        existing_order_id: existing.id,
        message: "potential wash trade detected. use complex orders",
        reject_reason: reason,
      },
    });
  });

  test("allows opposite limit orders that cannot trade with each other", () => {
    const { exchange } = openExchange({ positions: [holding("SMR", "10", "40")] });
    exchange.submit(limitOrder("sell", "SMR", "1", "50"));
    expect(exchange.submit(limitOrder("buy", "SMR", "1", "49.99")).status).toBe("pending_new");
  });

  test("considers one symbol and one direction only, and ignores ended orders", async () => {
    const { clock, exchange } = openExchange({ positions: [holding("SMR", "10", "40"), holding("LEU", "1", "200")] });
    exchange.submit(marketOrder("sell", "SMR", { qty: "1" }));
    exchange.submit(marketOrder("sell", "SMR", { qty: "2" }));
    exchange.submit(marketOrder("buy", "LEU", { qty: "1" }));
    await clock.advance(100);
    expect(exchange.submit(marketOrder("buy", "SMR", { qty: "1" })).status).toBe("pending_new");
  });
});
