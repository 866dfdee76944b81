import { describe, expect, test } from "@jest/globals";
import { orderView } from "../../src/simulator/orders.ts";
import { holding, openExchange, refusalOf, WEEKEND } from "./fixture.ts";

const TRAILING = { symbol: "SMR", side: "sell", type: "trailing_stop", time_in_force: "day", qty: "10" };

function held(start?: number): ReturnType<typeof openExchange> {
  return openExchange({ positions: [holding("SMR", "10", "40")] }, start);
}

describe("a trailing stop", () => {
  test.each([
    ["dollars", { trail_price: "2" }, "38", "43"],
    ["percent", { trail_percent: "2.5" }, "39", "43.875"],
  ])("stays a number of %s behind the best price, and sells when the price falls back to it", async (_name, trail, first, second) => {
    const { clock, exchange, updates } = held();
    const order = exchange.submit({ ...TRAILING, ...trail });
    expect(orderView(order)).toMatchObject({ ...trail, type: "trailing_stop", hwm: "40", stop_price: first, limit_price: null });
    await clock.advance(100);
    expect(order.status).toBe("new");
    for (const price of ["45", "44"]) {
      exchange.setPrice("SMR", price);
      await clock.advance(1_100);
    }
    expect(orderView(order)).toMatchObject({ status: "new", hwm: "45", stop_price: second });
    exchange.setPrice("SMR", second);
    await clock.advance(100);
    expect(orderView(order)).toMatchObject({ status: "filled", hwm: "45" });
    expect(updates.map(({ event }) => event)).toEqual(["pending_new", "new", "fill"]);
  });

  test("of a buy follows the lowest price, and reserves what the stop would cost", async () => {
    const { clock, exchange } = openExchange();
    const order = exchange.submit({ ...TRAILING, side: "buy", trail_price: "1" });
    expect(exchange.accountView()).toMatchObject({ buying_power: "99590" });
    await clock.advance(100);
    exchange.setPrice("SMR", "35");
    await clock.advance(1_100);
    expect(orderView(order)).toMatchObject({ hwm: "35", stop_price: "36" });
    exchange.setPrice("SMR", "36");
    await clock.advance(100);
    expect(order.status).toBe("filled");
  });

  test("does not follow while the market is closed", async () => {
    const { clock, exchange } = held(WEEKEND);
    const order = exchange.submit({ ...TRAILING, trail_price: "2" });
    exchange.setPrice("SMR", "30");
    await clock.advance(60_000);
    expect(orderView(order)).toMatchObject({ status: "accepted", hwm: "40", stop_price: "38" });
    await clock.advance(Date.parse("2025-07-14T13:30:01Z") - clock.now());
    expect(order.status).toBe("filled");
  });

  test("keeps its best price when its distance is replaced, and is no wash trade", async () => {
    const { clock, exchange } = held();
    const old = exchange.submit({ ...TRAILING, trail_percent: "5" });
    await clock.advance(100);
    exchange.setPrice("SMR", "50");
    await clock.advance(1_100);
    exchange.submit({ symbol: "SMR", side: "buy", type: "limit", time_in_force: "day", qty: "1", limit_price: "20" });
    const order = exchange.replace(old.id, { trail: "10" });
    expect(orderView(order)).toMatchObject({ trail_percent: "10", trail_price: null, hwm: "50", stop_price: "45", replaces: old.id });
    await clock.advance(100);
    expect(refusalOf(() => exchange.replace(order.id, { trail: "0.01" })).body).toMatchObject({
      message: "trail_percent must be greater than or equal to 0.1",
    });
  });

  test("survives a restart with its best price", async () => {
    const { clock, exchange } = held();
    const { id } = exchange.submit({ ...TRAILING, trail_price: "2" });
    await clock.advance(100);
    exchange.setPrice("SMR", "45");
    await clock.advance(1_100);
    const restored = openExchange({ state: exchange.serialize() }, clock.now());
    expect(orderView(restored.exchange.order(id))).toMatchObject({ hwm: "45", stop_price: "43" });
    restored.exchange.setPrice("SMR", "43");
    await restored.clock.advance(1_100);
    expect(restored.exchange.order(id).status).toBe("filled");
  });
});
