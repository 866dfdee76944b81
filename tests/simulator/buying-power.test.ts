import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { holding, limitOrder, marketOrder, openExchange, refusalOf, WEEKEND } from "./fixture.ts";

describe("buying power", () => {
  test("equals cash less the cost of open buys on an account without leverage", () => {
    const { exchange } = openExchange({ positions: [holding("LEU", "10", "200")] });
    exchange.submit(limitOrder("buy", "SMR", "100", "30"));
    exchange.submit(marketOrder("buy", "BTAL", { notional: "1000" }));
    expect(exchange.accountView()).toMatchObject({ cash: "100000", buying_power: "96000", equity: "102000" });
  });

  test("values a market buy at the ask while the market is open", () => {
    const { exchange } = openExchange();
    exchange.setQuote("SMR", "39", "41");
    exchange.submit(marketOrder("buy", "SMR", { qty: "100" }));
    expect(exchange.accountView().buying_power).toBe("95900");
  });

  test("values a market buy at the last trade while the market is closed", () => {
    const { exchange } = openExchange({}, WEEKEND);
    exchange.setQuote("SMR", "39", "41");
    exchange.submit(marketOrder("buy", "SMR", { qty: "100" }));
    expect(exchange.accountView().buying_power).toBe("96000");
  });

  test("gets nothing from a sell before it has filled", async () => {
    const { clock, exchange } = openExchange({ cash: decimal("10"), positions: [holding("LEU", "10", "200")] });
    exchange.submit(marketOrder("sell", "LEU", { qty: "10" }));
    expect(exchange.accountView().buying_power).toBe("10");
    expect(refusalOf(() => exchange.submit(marketOrder("buy", "SMR", { notional: "100" })))).toEqual({
      status: 403,
      body: { buying_power: "10", code: 40310000, cost_basis: "100", message: "insufficient buying power" },
    });
    await clock.advance(100);
    expect(exchange.accountView().buying_power).toBe("2009.7");
  });

  test("comes back when a buy is cancelled", async () => {
    const { clock, exchange } = openExchange();
    const order = exchange.submit(limitOrder("buy", "SMR", "100", "30"));
    exchange.cancel(order.id);
    await clock.advance(100);
    expect(exchange.accountView().buying_power).toBe("100000");
  });

  test("follows the multiplier, which the owner may lower", () => {
    const { exchange } = openExchange({ multiplier: "2", positions: [holding("LEU", "100", "200")] });
    expect(exchange.accountView()).toMatchObject({ multiplier: "2", equity: "120000", buying_power: "220000" });
    exchange.setSettings({ maxMarginMultiplier: "1" });
    expect(exchange.accountView()).toMatchObject({ multiplier: "1", buying_power: "100000" });
  });
});

describe("held quantities", () => {
  test("shares reserved by an open sell cannot be sold again, and the refusal names that order", () => {
    const { exchange } = openExchange({ positions: [holding("LEU", "106", "200")] });
    const first = exchange.submit(limitOrder("sell", "LEU", "106", "300"));
    expect(exchange.positionView("LEU")).toMatchObject({ qty: "106", qty_available: "0" });
    expect(refusalOf(() => exchange.submit(limitOrder("sell", "LEU", "106", "310")))).toEqual({
      status: 403,
      body: {
        available: "0",
        code: 40310000,
        existing_qty: "106",
        held_for_orders: "106",
        message: "insufficient qty available for order (requested: 106, available: 0)",
        related_orders: [first.id],
        symbol: "LEU",
      },
    });
  });

  test("a sell for money never takes more shares than are free, even when the price falls", async () => {
    const { clock, exchange } = openExchange({ positions: [holding("LEU", "10", "200")] });
    const order = exchange.submit(marketOrder("sell", "LEU", { notional: "1990" }));
    exchange.setPrice("LEU", "150");
    await clock.advance(100);
    expect(order.status).toBe("filled");
    expect(exchange.positionViews()).toEqual([]);
  });

  test("unspent quantities come back when the order expires", async () => {
    const { clock, exchange } = openExchange({ positions: [holding("LEU", "10", "200")] });
    exchange.submit(limitOrder("sell", "LEU", "4", "300"));
    expect(exchange.positionView("LEU").qty_available).toBe("6");
    await clock.advance(6 * 3_600_000);
    expect(exchange.positionView("LEU").qty_available).toBe("10");
  });
});
