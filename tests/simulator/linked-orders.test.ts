import { describe, expect, test } from "@jest/globals";
import { orderView, type OrderRecord } from "../../src/simulator/orders.ts";
import { clientOf, type Fixture, holding, limitOrder, marketOrder, openExchange, refusalOf, WEEKEND } from "./fixture.ts";

const EXITS = { take_profit: { limit_price: "44" }, stop_loss: { stop_price: "36" } };
const BRACKET = { ...limitOrder("buy", "SMR", "10", "41"), order_class: "bracket", ...EXITS };
const OCO = { ...limitOrder("sell", "SMR", "10", "1"), order_class: "oco", ...EXITS };

function legsOf({ exchange }: Fixture, { legIds = [] }: OrderRecord): OrderRecord[] {
  return legIds.map((id) => exchange.order(id));
}

function statuses(...orders: readonly OrderRecord[]): string[] {
  return orders.map(({ status }) => status);
}

/** A bracket whose entry has filled: its take-profit works, its stop-loss is held. */
async function filledBracket(change: Record<string, unknown> = {}): Promise<Fixture & Record<"entry" | "profit" | "loss", OrderRecord>> {
  const fixture = openExchange();
  const entry = fixture.exchange.submit({ ...BRACKET, ...change });
  await fixture.clock.advance(100);
  const [profit, loss] = legsOf(fixture, entry);
  return { ...fixture, entry, profit: profit!, loss: loss! };
}

describe("a bracket", () => {
  test("is an entry with two held exits, of which the take-profit begins when the entry has filled", async () => {
    const fixture = openExchange();
    const { clock, exchange, updates } = fixture;
    const entry = exchange.submit(BRACKET);
    const [profit, loss] = legsOf(fixture, entry);
    expect(orderView(profit!)).toMatchObject({
      ...{ side: "sell", type: "limit", limit_price: "44", stop_price: null, qty: "10" },
      ...{ order_class: "bracket", position_intent: "sell_to_close", status: "held", legs: null },
    });
    expect(orderView(loss!)).toMatchObject({ side: "sell", type: "stop", limit_price: null, stop_price: "36", status: "held" });
    await clock.advance(100);
    expect(statuses(entry, profit!, loss!)).toEqual(["filled", "new", "held"]);
    expect(updates.map(({ event, order }) => [event, order.type, order.side])).toEqual([
      ["pending_new", "limit", "buy"],
      ["held", "limit", "sell"],
      ["held", "stop", "sell"],
      ["new", "limit", "buy"],
      ["fill", "limit", "buy"],
      ["new", "limit", "sell"],
    ]);
  });

  test("waits for the whole entry", async () => {
    const fixture = openExchange({ partialFillProbability: 1, partialFillIntervalMs: 60_000 });
    const entry = fixture.exchange.submit(BRACKET);
    await fixture.clock.advance(100);
    expect(statuses(entry, ...legsOf(fixture, entry))).toEqual(["partially_filled", "held", "held"]);
  });

  test("ends at its take-profit, which cancels the stop-loss", async () => {
    const { clock, exchange, updates, entry, profit, loss } = await filledBracket();
    exchange.setPrice("SMR", "45");
    await clock.advance(100);
    expect(statuses(entry, profit, loss)).toEqual(["filled", "filled", "canceled"]);
    expect(updates.slice(-2).map(({ event, order }) => [event, order.id])).toEqual([
      ["fill", profit.id],
      ["canceled", loss.id],
    ]);
    expect(exchange.positionViews()).toEqual([]);
  });

  test("ends at its stop-loss, which takes the place of the take-profit at the exchange", async () => {
    const { clock, exchange, updates, profit, loss } = await filledBracket();
    exchange.setPrice("SMR", "36");
    await clock.advance(100);
    expect(statuses(profit, loss)).toEqual(["canceled", "filled"]);
    expect(updates.slice(-3).map(({ event, order }) => [event, order.id])).toEqual([
      ["canceled", profit.id],
      ["new", loss.id],
      ["fill", loss.id],
    ]);
  });

  test("limits its loss with a limit price, and rests there when the price has run through it", async () => {
    const { clock, exchange, loss } = await filledBracket({ stop_loss: { stop_price: "36", limit_price: "35.5" } });
    exchange.setPrice("SMR", "30");
    await clock.advance(2_000);
    expect(orderView(loss)).toMatchObject({ type: "stop_limit", status: "new" });
    exchange.setPrice("SMR", "35.6");
    await clock.advance(2_000);
    expect(loss.status).toBe("filled");
  });

  test("shrinks its stop-loss to what a partly filled take-profit leaves", async () => {
    const fixture = openExchange({ partialFillIntervalMs: 5_000 });
    const { clock, exchange } = fixture;
    const entry = exchange.submit(BRACKET);
    await clock.advance(100);
    const [profit, loss] = legsOf(fixture, entry);
    exchange.setExecutionModel({ partialFillProbability: 1 });
    exchange.setPrice("SMR", "45");
    await clock.advance(100);
    const sold = Number(orderView(profit!).filled_qty);
    expect(orderView(loss!)).toMatchObject({ status: "held", qty: String(10 - sold) });
    exchange.setPrice("SMR", "35");
    await clock.advance(20_000);
    expect(statuses(profit!, loss!)).toEqual(["canceled", "filled"]);
    expect(exchange.positionViews()).toEqual([]);
  });

  test.each(["entry", "profit", "loss"] as const)("is cancelled as a whole when its %s is", async (which) => {
    const fixture = openExchange();
    const entry = fixture.exchange.submit({ ...BRACKET, limit_price: "38", take_profit: { limit_price: "44" } });
    await fixture.clock.advance(100);
    const [profit, loss] = legsOf(fixture, entry);
    fixture.exchange.cancel({ entry, profit: profit!, loss: loss! }[which].id);
    await fixture.clock.advance(100);
    expect(statuses(entry, profit!, loss!)).toEqual(["canceled", "canceled", "canceled"]);
  });

  test("good for the day, it ends with the session", async () => {
    const { clock, profit, loss } = await filledBracket();
    await clock.advance(6 * 3_600_000);
    expect(statuses(profit, loss)).toEqual(["expired", "expired"]);
  });

  test("counts its shares once, and they are not free for another order", async () => {
    const { exchange, profit } = await filledBracket();
    expect(exchange.positionViews()).toMatchObject([{ qty: "10", qty_available: "0" }]);
    expect(refusalOf(() => exchange.submit(marketOrder("sell", "SMR", { qty: "1" }))).body).toMatchObject({
      held_for_orders: "10",
      related_orders: [profit.id],
    });
  });

  test("sent off hours, it waits for the open", async () => {
    const fixture = openExchange({}, WEEKEND);
    const entry = fixture.exchange.submit(BRACKET);
    expect(statuses(entry, ...legsOf(fixture, entry))).toEqual(["accepted", "held", "held"]);
    await fixture.clock.advance(Date.parse("2025-07-14T13:30:01Z") - WEEKEND);
    expect(statuses(entry, ...legsOf(fixture, entry))).toEqual(["filled", "new", "held"]);
  });

  test("survives a restart", async () => {
    const { clock, exchange, profit, loss } = await filledBracket();
    const restored = openExchange({ state: exchange.serialize() }, clock.now());
    restored.exchange.setPrice("SMR", "36");
    await restored.clock.advance(2_000);
    expect([profit, loss].map(({ id }) => restored.exchange.order(id).status)).toEqual(["canceled", "filled"]);
  });
});

describe("replacing", () => {
  test("a held stop-loss moves it, and it stays held under the same entry", async () => {
    const fixture = await filledBracket();
    const { clock, exchange, entry, profit, loss } = fixture;
    const moved = exchange.replace(loss.id, { stop_price: "38" });
    expect(orderView(moved)).toMatchObject({ status: "held", stop_price: "38", replaces: loss.id, qty: "10" });
    expect(loss.status).toBe("replaced");
    expect(legsOf(fixture, entry)).toEqual([profit, moved]);
    exchange.setPrice("SMR", "38");
    await clock.advance(100);
    expect(statuses(profit, moved)).toEqual(["canceled", "filled"]);
  });

  test("a take-profit moves it", async () => {
    const { clock, exchange, profit, loss } = await filledBracket();
    const moved = exchange.replace(profit.id, { limit_price: "43" });
    await clock.advance(100);
    exchange.setPrice("SMR", "43.5");
    await clock.advance(100);
    expect(statuses(moved, loss)).toEqual(["filled", "canceled"]);
  });

  test("an entry takes its exits along", async () => {
    const fixture = openExchange();
    const { clock, exchange } = fixture;
    const old = exchange.submit({ ...BRACKET, limit_price: "38" });
    await clock.advance(100);
    const entry = exchange.replace(old.id, { limit_price: "41" });
    await clock.advance(100);
    expect(statuses(old, entry, ...legsOf(fixture, entry))).toEqual(["replaced", "filled", "new", "held"]);
    expect(orderView(entry)).toMatchObject({ order_class: "bracket", replaces: old.id });
  });

  test.each([
    ["another size", "loss", { qty: "5" }, "qty of bracket orders cannot be replaced"],
    ["another time in force", "loss", { time_in_force: "gtc" }, "time_in_force of bracket orders cannot be replaced"],
    ["a stop above the take-profit", "loss", { stop_price: "45" }, "take_profit.limit_price must be > stop_loss.stop_price"],
    ["a stop above the market", "loss", { stop_price: "40.5" }, "stop_loss.stop_price must be <= base_price - 0.01"],
    ["a price that it does not have", "loss", { limit_price: "35" }, "the order has no limit_price"],
    ["a fraction of a penny", "profit", { limit_price: "44.001" }, /^invalid limit_price 44.001\. sub-penny/],
  ] as const)("an exit with %s is refused", async (_name, which, change, message) => {
    const fixture = await filledBracket();
    const { message: given } = refusalOf(() => fixture.exchange.replace(fixture[which].id, change)).body as { message: string };
    expect(given).toMatch(message);
    expect(statuses(fixture.profit, fixture.loss)).toEqual(["new", "held"]);
  });
});

describe("an OTO order", () => {
  test.each([
    ["take-profit", { take_profit: { limit_price: "44" } }, "45"],
    ["stop-loss", { stop_loss: { stop_price: "36" } }, "35"],
  ])("is an entry with a %s that begins when it has filled", async (_name, exit, price) => {
    const fixture = openExchange();
    const entry = fixture.exchange.submit({ ...marketOrder("buy", "SMR", { qty: "10" }), order_class: "oto", ...exit });
    const [leg] = legsOf(fixture, entry);
    expect(leg!.status).toBe("held");
    await fixture.clock.advance(100);
    expect(leg!.status).toBe("new");
    fixture.exchange.setPrice("SMR", price);
    await fixture.clock.advance(100);
    expect(leg!.status).toBe("filled");
  });
});

describe("an OCO order", () => {
  test("is a take-profit with a held stop-loss for a position, at the price of its take_profit", async () => {
    const fixture = openExchange({ positions: [holding("SMR", "10", "40")] });
    const { clock, exchange } = fixture;
    const profit = exchange.submit(OCO);
    const [loss] = legsOf(fixture, profit);
    await clock.advance(100);
    expect(orderView(profit)).toMatchObject({ order_class: "oco", limit_price: "44", status: "new" });
    expect(orderView(loss!)).toMatchObject({ order_class: "oco", stop_price: "36", status: "held", side: "sell" });
    expect(exchange.positionViews()).toMatchObject([{ qty_available: "0" }]);
    exchange.setPrice("SMR", "35");
    await clock.advance(100);
    expect(statuses(profit, loss!)).toEqual(["canceled", "filled"]);
  });

  test("fills at its take-profit, which cancels the stop-loss, and can be moved before", async () => {
    const fixture = openExchange({ positions: [holding("SMR", "10", "40")] });
    const { clock, exchange } = fixture;
    const old = exchange.submit(OCO);
    await clock.advance(100);
    const profit = exchange.replace(old.id, { limit_price: "42" });
    const [loss] = legsOf(fixture, profit);
    await clock.advance(100);
    exchange.setPrice("SMR", "43");
    await clock.advance(100);
    expect(statuses(old, profit, loss!)).toEqual(["replaced", "filled", "canceled"]);
  });
});

const BUY = marketOrder("buy", "SMR", { qty: "10" });
const ALL_EXITS = { take_profit: { limit_price: "44" }, stop_loss: { stop_price: "36" } };

test.each<readonly [name: string, body: Record<string, unknown>, answer: Record<string, unknown>]>([
  ["an unknown class", { ...BUY, order_class: "both" }, { code: 40010001, message: "invalid order_class" }],
  ["a bracket without a stop", { ...BRACKET, stop_loss: {} }, { code: 40010001, message: "bracket orders require stop_loss.stop_price" }],
  [
    "a bracket behind a stop",
    { ...BRACKET, type: "stop", limit_price: null, stop_price: "42" },
    { code: 40010001, message: "bracket orders must be market or limit orders" },
  ],
  ["a bracket for a moment", { ...BRACKET, time_in_force: "ioc" }, { code: 42210000, message: "bracket orders must be DAY or GTC orders" }],
  [
    "a bracket in extended hours",
    { ...BRACKET, extended_hours: true },
    { code: 42210000, message: "extended hours orders must be simple orders" },
  ],
  ["a fraction in a bracket", { ...BRACKET, qty: "1.5" }, { code: 42210000, message: "fractional orders must be simple orders" }],
  [
    "exits in the wrong order",
    { ...BUY, order_class: "bracket", take_profit: { limit_price: "35" }, stop_loss: { stop_price: "36" } },
    { code: 42210000, message: "take_profit.limit_price must be > stop_loss.stop_price" },
  ],
  [
    "a take-profit below the market",
    { ...BUY, order_class: "bracket", ...ALL_EXITS, take_profit: { limit_price: "40" } },
    { code: 42210000, message: "take_profit.limit_price must be >= base_price + 0.01", base_price: "40" },
  ],
  [
    "a stop-loss at the market",
    { ...BUY, order_class: "bracket", ...ALL_EXITS, stop_loss: { stop_price: "40" } },
    { code: 42210000, message: "stop_loss.stop_price must be <= base_price - 0.01", base_price: "40" },
  ],
  [
    "a stop-loss at the entry",
    { ...BRACKET, limit_price: "35", take_profit: { limit_price: "44" } },
    { code: 42210000, message: "stop_loss.stop_price must be <= base_price - 0.01", base_price: "35" },
  ],
  [
    "an OTO order with both exits",
    { ...BRACKET, order_class: "oto" },
    { code: 40010001, message: "oto orders require either take_profit or stop_loss" },
  ],
  [
    "an OTO order without exits",
    { ...BUY, order_class: "oto" },
    { code: 40010001, message: "oto orders require either take_profit or stop_loss" },
  ],
  ["an OCO order at the market", { ...OCO, type: "market" }, { code: 40010001, message: "oco orders must be limit orders" }],
  ["an OCO order without a position", OCO, { code: 42210000, message: "oco orders must be exit orders" }],
  [
    "a bracket that would close a position",
    {
      ...marketOrder("sell", "LEU", { qty: "5" }),
      order_class: "bracket",
      take_profit: { limit_price: "180" },
      stop_loss: { stop_price: "220" },
    },
    { code: 42210000, message: "bracket orders must be entry orders" },
  ],
  ["exits that are no objects", { ...BRACKET, take_profit: "44" }, { code: 40010001, message: "take_profit must be an object" }],
])("refuses %s", (_name, body, answer) => {
  const { exchange } = openExchange({ positions: [holding("LEU", "10", "190")] });
  expect(refusalOf(() => exchange.submit(body))).toEqual({ status: 422, body: answer });
  expect(exchange.state.orders.size).toBe(0);
});

test("exits without a class are ignored, as Alpaca ignores them", () => {
  const { exchange } = openExchange();
  expect(exchange.submit({ ...BUY, ...ALL_EXITS }).legIds).toBeUndefined();
});

test("linked orders are no wash trade, neither as new orders nor as existing ones", async () => {
  const { clock, exchange } = await filledBracket();
  exchange.submit(limitOrder("buy", "SMR", "1", "39"));
  await clock.advance(100);
  expect(() => exchange.submit({ ...BRACKET, limit_price: "39.5" })).not.toThrow();
});

describe("over HTTP", () => {
  type Order = Record<string, unknown> & { readonly id: string; readonly legs: readonly Order[] | null };

  async function venue(): Promise<{
    list: (query: string) => Promise<unknown[]>;
    one: (path: string) => Promise<Order>;
    posted: Order;
    fixture: Fixture;
  }> {
    const fixture = openExchange();
    const { request } = clientOf(fixture.exchange);
    const posted = (await request("POST", "/v2/orders", { ...BRACKET, limit_price: "38", client_order_id: "mine" })).json as Order;
    const tree = ({ status, type, legs }: Order): unknown =>
      legs === null ? `${String(status)} ${String(type)}` : [`${String(status)} ${String(type)}`, ...legs.map(tree)];
    return {
      fixture,
      posted,
      list: async (query) => ((await request("GET", `/v2/orders?${query}`)).json as Order[]).map(tree),
      one: async (path) => (await request("GET", `/v2/orders${path}`)).json as Order,
    };
  }

  test("a new order shows its exits, and a look-up does so on request", async () => {
    const { one, posted } = await venue();
    expect(posted.legs).toMatchObject([{ status: "held" }, { status: "held" }]);
    expect((await one(`/${posted.id}`)).legs).toBeNull();
    expect((await one(`/${posted.id}?nested=true`)).legs).toHaveLength(2);
    expect((await one(":by_client_order_id?client_order_id=mine")).legs).toBeNull();
  });

  test("lists show each order by itself, or under the one that it belongs to", async () => {
    const { fixture, list } = await venue();
    await fixture.clock.advance(100);
    expect(await list("status=open")).toEqual(["new limit"]);
    expect(await list("status=open&nested=true")).toEqual([["new limit", "held limit", "held stop"]]);
    expect(await list("status=all&direction=asc")).toEqual(["new limit", "held limit", "held stop"]);
    fixture.exchange.setPrice("SMR", "37.9");
    await fixture.clock.advance(100);
    expect(await list("status=open")).toEqual(["new limit"]);
    expect(await list("status=open&nested=true")).toEqual([["new limit", "held stop"]]);
    expect(await list("status=closed&direction=asc")).toEqual(["filled limit", "held stop"]);
    expect(await list("status=all&nested=true")).toEqual([["filled limit", "new limit", "held stop"]]);
  });

  test("cancelling all orders ends the whole group", async () => {
    const fixture = openExchange();
    const { request } = clientOf(fixture.exchange);
    await request("POST", "/v2/orders", { ...BRACKET, limit_price: "38" });
    await fixture.clock.advance(100);
    const answer = await request("DELETE", "/v2/orders");
    expect(answer.json).toHaveLength(3);
    await fixture.clock.advance(100);
    expect([...fixture.exchange.state.orders.values()].map(({ status }) => status)).toEqual(["canceled", "canceled", "canceled"]);
  });
});
