import { describe, expect, test } from "@jest/globals";
import { Exchange } from "../../src/simulator/exchange.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { clientOf, holding, limitOrder, openExchange, refusalOf } from "./fixture.ts";

const setUp = () => {
  const fixture = openExchange({ positions: [holding("LEU", "10.5", "190")] });
  const { request } = clientOf(fixture.exchange);
  return { ...fixture, request, read: async (path: string) => (await request("GET", path)).json };
};

describe("a split", () => {
  test("multiplies shares, divides prices, and keeps cost, equity and the raw close of the day before", async () => {
    const { exchange, read, request } = setUp();
    const before = exchange.accountView().equity;
    const reply = await request("POST", "/simulator/splits", { symbol: "LEU", ratio: 2 }, {});
    expect(reply.json).toMatchObject({ symbol: "LEU", date: "2025-07-14", new_rate: "2", old_rate: "1" });
    expect(exchange.positionView("LEU")).toMatchObject({
      qty: "21",
      avg_entry_price: "95",
      cost_basis: "1995",
      current_price: "100",
      lastday_price: "200",
      change_today: "-0.5",
    });
    expect(exchange.accountView().equity).toBe(before);
    expect(await read("/v2/stocks/LEU/snapshot")).toMatchObject({
      latestTrade: { p: 100 },
      latestQuote: { bp: 99.99, ap: 100.02 },
      prevDailyBar: { c: 200 },
    });
  });

  test("may change the price now and the quantity later, as at Alpaca, also over a restart", async () => {
    const { clock, exchange, read } = setUp();
    exchange.split("LEU", "1:5", { bookAfter: 7_200_000 });
    expect(exchange.positionView("LEU")).toMatchObject({ qty: "10.5", current_price: "1000", lastday_price: "200" });
    const restored = new Exchange({ clock: new VirtualClock(clock.now() + 7_199_999), state: exchange.serialize() });
    expect(restored.positionViews()).toMatchObject([{ qty: "10.5" }]);
    expect(await read("/v2/account/activities/SPLIT")).toEqual([]);
    await clock.advance(7_200_000);
    expect(exchange.positionViews()).toMatchObject([{ qty: "2.1", current_price: "1000", cost_basis: "1995" }]);
    expect(exchange.positionViews()).toMatchObject([{ qty: "2.1" }]);
    expect(await read("/v2/account/activities/SPLIT")).toMatchObject([{ qty: "-8.4" }]);
  });

  test("can be requested in two steps over HTTP, and as a fault", async () => {
    const { exchange, request } = setUp();
    await request("POST", "/simulator/splits", { symbol: "LEU", ratio: "1:5", book_after: 60 }, {});
    expect(exchange.positionView("LEU")).toMatchObject({ qty: "10.5", current_price: "1000" });
    await request("POST", "/simulator/faults", { fault: "split:symbol=LEU,new=2,old=1,booked=60" }, {});
    expect(exchange.positionView("LEU")).toMatchObject({ qty: "10.5", current_price: "500" });
  });

  test("is missing from adjusted bars and corporate actions under a fault", async () => {
    const { exchange, read, request } = setUp();
    exchange.split("LEU", "1:5");
    const close = async (): Promise<number | undefined> => {
      const path = "/v2/stocks/bars?symbols=LEU&timeframe=1Day&start=2025-07-11&end=2025-07-11&adjustment=split";
      return ((await read(path)) as { bars: { LEU: { c: number }[] } }).bars.LEU[0]?.c;
    };
    expect(await close()).toBe(1000);
    await request("POST", "/simulator/faults", { fault: "split-lost" }, {});
    await request("POST", "/simulator/faults", { fault: "no-corporate-actions:answer=empty" }, {});
    expect(await close()).toBe(200);
    expect(await read("/v1/corporate-actions")).toEqual({ corporate_actions: {}, next_page_token: null });
    await request("DELETE", "/simulator/faults", {}, {});
    expect(await close()).toBe(1000);
  });

  test("in reverse leaves fewer shares, to nine decimals", () => {
    const { exchange } = setUp();
    exchange.split("LEU", "1:30");
    expect(exchange.positionView("LEU")).toMatchObject({ qty: "0.35", current_price: "6000", cost_basis: "1995" });
    exchange.split("LEU", "1:9");
    expect(exchange.positionView("LEU")).toMatchObject({ qty: "0.038888888" });
  });

  test("cancels open orders in reverse; forward it adjusts only buy limits and sell stops", () => {
    const { exchange } = setUp();
    const buy = exchange.submit({ ...limitOrder("buy", "LEU", "3", "100"), time_in_force: "gtc" });
    const sell = exchange.submit({ ...limitOrder("sell", "LEU", "4", "300"), time_in_force: "gtc" });
    exchange.split("LEU", "3:2");
    const shown = (id: string): unknown[] => {
      const { limitPrice, quantity, status } = exchange.order(id);
      return [quantity?.toFixed(), limitPrice?.toFixed(), status];
    };
    expect([shown(buy.id), shown(sell.id)]).toEqual([
      ["4.5", "66.6666", "pending_new"],
      ["4", "300", "pending_new"],
    ]);
    exchange.split("LEU", "1:2");
    expect([exchange.order(buy.id).status, exchange.order(sell.id).status]).toEqual(["canceled", "canceled"]);
  });

  test("is listed among the corporate actions of its day, forward and in reverse", async () => {
    const { clock, exchange, read } = setUp();
    exchange.split("LEU", "2");
    exchange.split("SMR", "1:10");
    const all = (await read("/v1/corporate-actions")) as { corporate_actions: unknown; next_page_token: unknown };
    expect(all).toMatchObject({
      corporate_actions: {
        forward_splits: [{ symbol: "LEU", new_rate: 2, old_rate: 1, ex_date: "2025-07-14", process_date: "2025-07-14" }],
        reverse_splits: [{ symbol: "SMR", new_rate: 1, old_rate: 10, ex_date: "2025-07-14", process_date: "2025-07-14" }],
      },
      next_page_token: null,
    });
    expect(await read("/v1/corporate-actions?symbols=LEU")).not.toHaveProperty("corporate_actions.reverse_splits");
    expect(await read("/v1/corporate-actions?types=reverse_split")).not.toHaveProperty("corporate_actions.forward_splits");
    const page = (await read("/v1/corporate-actions?limit=1")) as { next_page_token: string };
    expect(await read(`/v1/corporate-actions?page_token=${page.next_page_token}`)).not.toHaveProperty("corporate_actions.forward_splits");
    await clock.advance(86_400_000);
    expect(await read("/v1/corporate-actions")).toEqual({ corporate_actions: {}, next_page_token: null });
    expect(await read("/v1/corporate-actions?start=2025-07-01")).toEqual(all);
  });

  test("shows only in adjusted bars", async () => {
    const { clock, exchange, read } = setUp();
    exchange.split("LEU", "4");
    await clock.advance(2 * 86_400_000);
    const closes = async (adjustment: string): Promise<number[]> => {
      const query = `symbols=LEU&timeframe=1Day&start=2025-07-10&end=2025-07-15&adjustment=${adjustment}`;
      const { bars } = (await read(`/v2/stocks/bars?${query}`)) as { bars: { LEU: { c: number }[] } };
      return bars.LEU.map(({ c }) => c);
    };
    expect(await closes("raw")).toEqual([200, 200, 50, 50]);
    expect(await closes("split")).toEqual([50, 50, 50, 50]);
    expect(await closes("all")).toEqual([50, 50, 50, 50]);
  });

  test("survives a restart, and a price that is fixed or released afterwards", () => {
    const { clock, exchange } = openExchange({ prices: {} });
    const moving = exchange.valueOf("SMR");
    exchange.split("SMR", "1:10");
    const state = exchange.serialize();
    const restored = new Exchange({ clock: new VirtualClock(clock.now()), state });
    expect(restored.valueOf("SMR").toFixed()).toBe(moving.times("10").toFixed());
    expect(restored.state.splits).toHaveLength(1);
    restored.setPrice("SMR", "41.2");
    expect(restored.valueOf("SMR").toFixed()).toBe("41.2");
    restored.releasePrice("SMR");
    expect(restored.valueOf("SMR").toFixed()).toBe(moving.times("10").toFixed());
  });

  test("books an activity without money", async () => {
    const { exchange, read } = setUp();
    exchange.split("LEU", "2");
    expect(await read("/v2/account/activities/SPLIT")).toMatchObject([{ symbol: "LEU", qty: "10.5", net_amount: "0" }]);
  });

  test.each(["0", "-2", "1", "2:2", "two", "1:2:3", "1:0", ""])("refuses the ratio %j", (ratio) => {
    expect(refusalOf(() => openExchange().exchange.split("LEU", ratio))).toMatchObject({ status: 422 });
  });

  test("refuses an unknown symbol", () => {
    expect(refusalOf(() => openExchange().exchange.split("ZZZZ", "2"))).toMatchObject({ status: 404 });
  });
});

test("a state stored before there were splits can still be restored", () => {
  const { exchange } = openExchange();
  const { state, ...rest } = JSON.parse(exchange.serialize()) as { state: Record<string, unknown> };
  delete state.splits;
  const restored = new Exchange({ clock: new VirtualClock(0), state: JSON.stringify({ ...rest, state }) });
  expect(restored.split("SMR", "2").symbol).toBe("SMR");
});
