import { describe, expect, test } from "@jest/globals";
import { toText } from "../../src/domain/decimal.ts";
import { orderView } from "../../src/simulator/orders.ts";
import { holding, limitOrder, marketOrder, openExchange, refusalOf, WEEKEND } from "./fixture.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("an order in market hours", () => {
  test("goes from pending_new over new to filled, and each step is reported", async () => {
    const { clock, exchange, updates } = openExchange();
    const order = exchange.submit(marketOrder("buy", "SMR", { qty: "10" }));
    expect(order.status).toBe("pending_new");
    await clock.advance(20);
    expect(order.status).toBe("new");
    await clock.advance(9);
    expect(order.status).toBe("filled");
    expect(updates.map(({ event }) => event)).toEqual(["pending_new", "new", "fill"]);
    expect(updates[2]).toMatchObject({
      price: "40.01",
      qty: "10",
      position_qty: "10",
      order: { status: "filled", filled_qty: "10", filled_avg_price: "40.01" },
    });
  });

  test("buys at the ask and sells at the bid, and the account pays exactly that", async () => {
    const { clock, exchange } = openExchange();
    exchange.setQuote("SMR", "39.9", "40.1");
    exchange.submit(marketOrder("buy", "SMR", { qty: "100" }));
    await clock.advance(100);
    expect(toText(exchange.state.cash)).toBe("95990");
    exchange.submit(marketOrder("sell", "SMR", { qty: "100" }));
    await clock.advance(100);
    expect(toText(exchange.state.cash)).toBe("99980");
    expect(exchange.positionViews()).toEqual([]);
  });

  test("for an amount of money never costs more than that amount", async () => {
    const { clock, exchange } = openExchange();
    exchange.setPrice("SMR", "37.77");
    const order = exchange.submit(marketOrder("buy", "SMR", { notional: "1000.01" }));
    await clock.advance(100);
    expect(order.status).toBe("filled");
    expect(orderView(order)).toMatchObject({ qty: null, notional: "1000.01" });
    expect(toText(order.filledQuantity).split(".")[1]).toHaveLength(9);
    const rest = 1000.01 - Number(toText(order.filledValue));
    expect(rest).toBeGreaterThanOrEqual(0);
    expect(rest).toBeLessThan(0.0000001);
  });

  test("can fill in any number of slow parts", async () => {
    const { clock, exchange, updates } = openExchange({ partialFillProbability: 1, partialFillSteps: 4, partialFillIntervalMs: 10_000 });
    const order = exchange.submit(marketOrder("buy", "SMR", { qty: "100" }));
    await clock.advance(29);
    expect(order.status).toBe("partially_filled");
    await clock.advance(30_000);
    expect(order.status).toBe("filled");
    const fills = updates.filter(({ qty }) => qty !== undefined);
    expect(fills.map(({ event }) => event)).toEqual(["partial_fill", "partial_fill", "partial_fill", "fill"]);
    expect(fills.reduce((sum, { qty }) => sum + Number(qty), 0)).toBe(100);
    expect(fills.every(({ qty }) => Number.isInteger(Number(qty)))).toBe(true);
    expect(new Set(fills.map(({ execution_id }) => execution_id)).size).toBe(4);
  });

  test("fills in parts in about one case of ten by default", async () => {
    const { clock, exchange, updates } = openExchange({ partialFillProbability: 0.1 });
    for (let index = 0; index < 300; index++) exchange.submit(marketOrder("buy", "SMR", { notional: "100" }));
    await clock.advance(5_000);
    const partial = updates.filter(({ event }) => event === "partial_fill").length;
    expect(partial).toBeGreaterThan(15);
    expect(partial).toBeLessThan(50);
  });

  test("with a limit waits until the quote reaches it", async () => {
    const { clock, exchange } = openExchange();
    const order = exchange.submit(limitOrder("buy", "SMR", "5", "39.5"));
    await clock.advance(10 * MINUTE);
    expect(order.status).toBe("new");
    exchange.setQuote("SMR", "39.3", "39.4");
    await clock.advance(100);
    expect(orderView(order)).toMatchObject({ status: "filled", filled_avg_price: "39.4", limit_price: "39.5" });
  });

  test("with a stop waits until the price touches it", async () => {
    const { clock, exchange } = openExchange({ positions: [holding("SMR", "10", "40")] });
    const order = exchange.submit({ symbol: "SMR", side: "sell", type: "stop", time_in_force: "day", qty: "10", stop_price: "38" });
    await clock.advance(MINUTE);
    expect(order.status).toBe("new");
    exchange.setPrice("SMR", "37.9");
    await clock.advance(100);
    expect(order.status).toBe("filled");
  });

  test("cuts quantities off after nine decimals, silently", () => {
    const { exchange } = openExchange();
    expect(toText(exchange.submit(marketOrder("buy", "SMR", { qty: "0.123456789012" })).quantity!)).toBe("0.123456789");
  });

  test("is rejected after it was accepted when the price runs away from the cash", async () => {
    const { clock, exchange, updates } = openExchange();
    const order = exchange.submit(marketOrder("buy", "SMR", { qty: "2490" }));
    exchange.setPrice("SMR", "50");
    await clock.advance(100);
    expect(order.status).toBe("rejected");
    expect(updates.at(-1)).toMatchObject({ event: "rejected", order: { filled_qty: "0" } });
    expect(toText(exchange.state.cash)).toBe("100000");
  });
});

describe("cancelling", () => {
  test("is only a request: pending_cancel first, canceled later", async () => {
    const { clock, exchange, updates } = openExchange();
    const order = exchange.submit(limitOrder("buy", "SMR", "5", "30"));
    await clock.advance(100);
    exchange.cancel(order.id);
    expect(order.status).toBe("pending_cancel");
    await clock.advance(20);
    expect(order.status).toBe("canceled");
    expect(orderView(order).canceled_at).toEqual(expect.any(String));
    expect(updates.map(({ event }) => event)).toEqual(["pending_new", "new", "pending_cancel", "canceled"]);
  });

  test("loses the race against a fill", async () => {
    const { clock, exchange } = openExchange({ fillLatencyMs: 5 });
    const order = exchange.submit(marketOrder("buy", "SMR", { qty: "5" }));
    await clock.advance(20);
    exchange.cancel(order.id);
    await clock.advance(100);
    expect(order.status).toBe("filled");
  });

  test("keeps a partial fill", async () => {
    const { clock, exchange } = openExchange({ partialFillProbability: 1, partialFillIntervalMs: 60_000 });
    const order = exchange.submit(marketOrder("buy", "SMR", { qty: "50" }));
    await clock.advance(29);
    exchange.cancel(order.id);
    await clock.advance(1_000);
    expect(order.status).toBe("canceled");
    expect(Number(toText(order.filledQuantity))).toBeGreaterThan(0);
    expect(exchange.positionView("SMR").qty).toBe(toText(order.filledQuantity));
  });

  test("of a filled order is refused with its state, and of a cancelled one succeeds again", async () => {
    const { clock, exchange } = openExchange();
    const filled = exchange.submit(marketOrder("buy", "SMR", { qty: "5" }));
    const canceled = exchange.submit(limitOrder("buy", "SMR", "5", "30"));
    await clock.advance(100);
    expect(refusalOf(() => exchange.cancel(filled.id))).toEqual({
      status: 422,
      body: { code: 42210000, message: 'order is already in "filled" state' },
    });
    exchange.cancel(canceled.id);
    await clock.advance(100);
    expect(() => exchange.cancel(canceled.id)).not.toThrow();
  });

  test("can be made to hang forever", async () => {
    const { clock, exchange } = openExchange();
    exchange.setExecutionModel({ cancelLatencyMs: Infinity });
    const order = exchange.submit(limitOrder("buy", "SMR", "5", "30"));
    exchange.cancel(order.id);
    await clock.advance(HOUR);
    expect(order.status).toBe("pending_cancel");
  });
});

describe("off hours", () => {
  test("an order is accepted, becomes new at the open and fills", async () => {
    const { clock, exchange, updates } = openExchange({}, WEEKEND);
    const order = exchange.submit(marketOrder("buy", "SMR", { qty: "5" }));
    expect(order.status).toBe("accepted");
    await clock.advance(Date.parse("2025-07-14T13:29:59.999Z") - clock.now());
    expect(order.status).toBe("accepted");
    await clock.advance(100);
    expect(order.status).toBe("filled");
    expect(updates.map(({ event }) => event)).toEqual(["accepted", "new", "fill"]);
  });

  test("a day order that finds no match expires at the close of its session", async () => {
    const { clock, exchange, updates } = openExchange();
    const order = exchange.submit(limitOrder("buy", "SMR", "5", "30"));
    await clock.advance(Date.parse("2025-07-14T19:59:59.999Z") - clock.now());
    expect(order.status).toBe("new");
    await clock.advance(1);
    expect(order.status).toBe("expired");
    expect(updates.at(-1)).toMatchObject({ event: "expired", order: { status: "expired" } });
  });

  test("a good-till-cancelled order waits overnight and stays open", async () => {
    const { clock, exchange } = openExchange();
    const order = exchange.submit({ ...limitOrder("buy", "SMR", "5", "30"), time_in_force: "gtc" });
    await clock.advance(6 * HOUR);
    exchange.setPrice("SMR", "29");
    await clock.advance(10 * HOUR);
    expect(order.status).toBe("new");
    await clock.advance(12 * HOUR);
    expect(order.status).toBe("filled");
  });

  test("an exchange that never closes fills on a Saturday", async () => {
    const { clock, exchange } = openExchange({ alwaysOpen: true }, WEEKEND);
    const order = exchange.submit(marketOrder("buy", "SMR", { qty: "5" }));
    await clock.advance(100);
    expect(order.status).toBe("filled");
  });
});

describe("replacing", () => {
  test("replaces the old limit order with a new one", async () => {
    const { clock, exchange } = openExchange();
    const old = exchange.submit(limitOrder("buy", "SMR", "5", "30"));
    await clock.advance(100);
    const order = exchange.replace(old.id, { limit_price: "41", qty: "6" });
    expect(orderView(old)).toMatchObject({ status: "replaced", replaced_by: order.id });
    await clock.advance(100);
    expect(orderView(order)).toMatchObject({ status: "filled", replaces: old.id, filled_qty: "6" });
  });

  test.each([
    ["a stop order", { type: "stop", stop_price: "50" }, { stop_price: "51" }, { stop_price: "51" }],
    [
      "a stop-limit order",
      { type: "stop_limit", stop_price: "50", limit_price: "52" },
      { limit_price: "53" },
      { stop_price: "50", limit_price: "53" },
    ],
    ["a fraction", { type: "limit", qty: "1.5", limit_price: "30" }, { limit_price: "31" }, { qty: "1.5", limit_price: "31" }],
  ])("changes %s, and what is null or empty stays", async (_name, own, change, expected) => {
    const { clock, exchange } = openExchange();
    const old = exchange.submit({ ...marketOrder("buy", "SMR", { qty: "2" }), ...own });
    await clock.advance(100);
    const order = exchange.replace(old.id, { qty: null, trail: null, time_in_force: "", client_order_id: "", ...change });
    expect(orderView(order)).toMatchObject({ ...own, ...expected, time_in_force: "day", replaces: old.id });
  });

  test("counts what a partly filled order has filled, and fills only the rest", async () => {
    const { clock, exchange } = openExchange({ partialFillProbability: 1, partialFillIntervalMs: 60_000 });
    const old = exchange.submit(limitOrder("buy", "SMR", "10", "41"));
    await clock.advance(100);
    expect(old.status).toBe("partially_filled");
    const filled = toText(old.filledQuantity);
    expect(refusalOf(() => exchange.replace(old.id, { qty: filled })).body).toMatchObject({
      message: "unable to replace order, qty must be > filled_qty",
    });
    const order = exchange.replace(old.id, { limit_price: "42" });
    expect(orderView(order)).toMatchObject({ qty: "10", filled_qty: filled });
    await clock.advance(200_000);
    expect(orderView(order)).toMatchObject({ status: "filled", filled_qty: "10" });
    expect(exchange.positionViews()).toMatchObject([{ symbol: "SMR", qty: "10" }]);
  });

  const SENT = "unable to replace order, order isn't sent to exchange yet";
  test.each([
    ["has ended", marketOrder("buy", "SMR", { qty: "5" }), 100, { qty: "6" }, "unable to replace order, order is not open"],
    ["is only pending", limitOrder("buy", "SMR", "5", "30"), 0, { qty: "6" }, SENT],
    ["is of dollars", { ...marketOrder("buy", "SMR", { notional: "50" }) }, 25, { qty: "6" }, "notional orders cannot be replaced"],
    ["would become a fraction", limitOrder("buy", "SMR", "5", "30"), 100, { qty: "6.5" }, "qty must be integer"],
    ["would cost too much", limitOrder("buy", "SMR", "5", "30"), 100, { qty: "9000" }, "insufficient buying power"],
  ])("is refused for an order that %s, which stays as it is", async (_name, body, wait, change, message) => {
    const { clock, exchange } = openExchange();
    const old = exchange.submit(body);
    await clock.advance(wait);
    const { status } = old;
    expect(refusalOf(() => exchange.replace(old.id, change)).body).toMatchObject({ message });
    expect(old.status).toBe(status);
  });

  test("is refused while the market is closed: the order is not yet at the exchange", () => {
    const { exchange } = openExchange({}, WEEKEND);
    const old = exchange.submit(limitOrder("buy", "SMR", "5", "30"));
    expect(refusalOf(() => exchange.replace(old.id, { qty: "6" }))).toEqual({ status: 422, body: { code: 40010001, message: SENT } });
  });
});

describe("closing positions", () => {
  test("sells a part in shares or percent, or all of it", async () => {
    const { clock, exchange } = openExchange({ positions: [holding("SMR", "10.5", "40"), holding("LEU", "8", "200")] });
    exchange.closePosition("SMR", { quantity: "2.25" });
    exchange.closePosition("LEU", { percentage: "50" });
    await clock.advance(100);
    expect(exchange.positionViews().map(({ symbol, qty }) => [symbol, qty])).toEqual([
      ["LEU", "4"],
      ["SMR", "8.25"],
    ]);
    expect(refusalOf(() => exchange.closePosition("LEU", { percentage: "101" })).status).toBe(422);
    exchange.closeAllPositions(true);
    await clock.advance(100);
    expect(exchange.positionViews()).toEqual([]);
  });
});
