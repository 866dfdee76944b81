import { describe, expect, test } from "@jest/globals";
import { orderView, type OrderRecord } from "../../src/simulator/orders.ts";
import { type Fixture, limitOrder, marketOrder, MARKET_OPEN, openExchange, refusalOf, WEEKEND } from "./fixture.ts";

const MONDAY = "2025-07-14";

async function until(time: string, { clock }: Fixture): Promise<void> {
  await clock.advance(Date.parse(time) - clock.now());
}

function at(time: string): Fixture {
  return openExchange({}, Date.parse(time));
}

function shown(order: OrderRecord): unknown[] {
  const { status, filled_qty } = orderView(order);
  return [status, filled_qty];
}

describe("immediate or cancel", () => {
  test.each(["ioc", "fok"])("%s fills at once if it can", async (time_in_force) => {
    const { clock, exchange } = openExchange();
    const order = exchange.submit({ ...marketOrder("buy", "SMR", { qty: "5" }), time_in_force });
    await clock.advance(100);
    expect(shown(order)).toEqual(["filled", "5"]);
  });

  test.each(["ioc", "fok"])("%s is cancelled at once if it cannot", async (time_in_force) => {
    const { clock, exchange, updates } = openExchange();
    const order = exchange.submit({ ...limitOrder("buy", "SMR", "5", "39"), time_in_force });
    await clock.advance(100);
    expect(shown(order)).toEqual(["canceled", "0"]);
    expect(updates.map(({ event }) => event)).toEqual(["pending_new", "new", "canceled"]);
  });

  test("ioc keeps what it got at once, and fok takes all or nothing", async () => {
    const { clock, exchange } = openExchange({ partialFillProbability: 1 });
    const part = exchange.submit({ ...marketOrder("buy", "SMR", { qty: "100" }), time_in_force: "ioc" });
    const whole = exchange.submit({ ...marketOrder("buy", "LEU", { qty: "100" }), time_in_force: "fok" });
    await clock.advance(100);
    expect(part.status).toBe("canceled");
    expect(Number(orderView(part).filled_qty)).toBeGreaterThan(0);
    expect(shown(whole)).toEqual(["filled", "100"]);
  });
});

describe("an order for the opening auction", () => {
  test("waits for the open and fills there, and what the open does not fill is cancelled", async () => {
    const fixture = at(`${MONDAY}T12:00:00Z`);
    const { exchange } = fixture;
    const market = exchange.submit({ ...marketOrder("buy", "SMR", { qty: "5" }), time_in_force: "opg" });
    const limit = exchange.submit({ ...limitOrder("buy", "LEU", "1", "150"), time_in_force: "opg" });
    expect([market.status, limit.status]).toEqual(["accepted", "accepted"]);
    await until(`${MONDAY}T13:29:59Z`, fixture);
    expect(market.status).toBe("accepted");
    await until(`${MONDAY}T13:30:01Z`, fixture);
    expect([shown(market), shown(limit)]).toEqual([
      ["filled", "5"],
      ["canceled", "0"],
    ]);
  });

  test.each(["13:28", "15:00", "22:59"])("is refused at %s UTC, after the last call and before seven in the evening", (time) => {
    const { exchange } = at(`${MONDAY}T${time}:00Z`);
    expect(refusalOf(() => exchange.submit({ ...marketOrder("buy", "SMR", { qty: "5" }), time_in_force: "opg" }))).toEqual({
      status: 403,
      body: { code: 40310000, message: "opg orders must be submitted after 7:00pm and before 9:28am" },
    });
  });

  test.each(["13:27", "23:00"])("is taken at %s UTC", (time) => {
    const { exchange } = at(`${MONDAY}T${time}:00Z`);
    expect(exchange.submit({ ...marketOrder("buy", "SMR", { qty: "5" }), time_in_force: "opg" }).status).toBe("accepted");
  });
});

describe("an order for the closing auction", () => {
  test("waits for the close and fills at its price, and what the close does not fill is cancelled", async () => {
    const fixture = at(new Date(MARKET_OPEN).toISOString());
    const { exchange } = fixture;
    const market = exchange.submit({ ...marketOrder("buy", "SMR", { qty: "5" }), time_in_force: "cls" });
    const limit = exchange.submit({ ...limitOrder("buy", "LEU", "1", "150"), time_in_force: "cls" });
    await until(`${MONDAY}T19:59:59Z`, fixture);
    expect([market.status, limit.status]).toEqual(["new", "new"]);
    exchange.setPrice("SMR", "41");
    await until(`${MONDAY}T20:00:01Z`, fixture);
    expect([shown(market), shown(limit)]).toEqual([
      ["filled", "5"],
      ["canceled", "0"],
    ]);
    expect(orderView(market)).toMatchObject({ filled_avg_price: "41.01", expires_at: `${MONDAY}T20:00:00Z` });
  });

  test.each([
    ["five minutes before the close", `${MONDAY}T19:55:00Z`],
    ["before seven in the evening", `${MONDAY}T22:59:00Z`],
    ["five minutes before the close of a half-day", "2025-07-03T16:55:00Z"],
  ])("is refused from %s", (_name, time) => {
    const { exchange } = at(time);
    expect(refusalOf(() => exchange.submit({ ...marketOrder("buy", "SMR", { qty: "5" }), time_in_force: "cls" }))).toEqual({
      status: 403,
      body: { code: 40310000, message: "cls orders must be submitted after 7:00pm and before 3:55pm" },
    });
  });

  test("sent in the evening is for the next session", async () => {
    const fixture = at(`${MONDAY}T23:30:00Z`);
    const order = fixture.exchange.submit({ ...marketOrder("buy", "SMR", { qty: "5" }), time_in_force: "cls" });
    await until("2025-07-15T19:59:00Z", fixture);
    expect(order.filledAt).toBeUndefined();
    await until("2025-07-15T20:00:01Z", fixture);
    expect(order.status).toBe("filled");
  });
});

test("without sessions there are no auctions: orders for one fill at once", async () => {
  const { clock, exchange } = openExchange({ alwaysOpen: true }, WEEKEND);
  const orders = ["opg", "cls"].map((time_in_force) => exchange.submit({ ...marketOrder("buy", "SMR", { qty: "5" }), time_in_force }));
  await clock.advance(100);
  expect(orders.map(({ status }) => status)).toEqual(["filled", "filled"]);
});

describe("extended hours", () => {
  const EXTENDED = { ...limitOrder("buy", "SMR", "5", "41"), extended_hours: true };

  test.each([
    ["before the open", `${MONDAY}T08:00:00Z`],
    ["after the close", `${MONDAY}T23:59:00Z`],
  ])("a limit order fills %s", async (_name, time) => {
    const { clock, exchange } = at(time);
    const order = exchange.submit(EXTENDED);
    expect(orderView(order)).toMatchObject({ extended_hours: true, status: "pending_new", expires_at: `2025-07-15T00:00:00Z` });
    await clock.advance(100);
    expect(order.status).toBe("filled");
  });

  test("at night it waits for four in the morning, and at the end of the day it expires", async () => {
    const fixture = at("2025-07-15T00:30:00Z");
    const { exchange } = fixture;
    const [early, never] = [exchange.submit(EXTENDED), exchange.submit({ ...EXTENDED, limit_price: "30" })];
    expect(early.status).toBe("accepted");
    await until("2025-07-15T07:59:59Z", fixture);
    expect(early.status).toBe("accepted");
    await until("2025-07-15T08:00:01Z", fixture);
    expect([early.status, never.status]).toEqual(["filled", "new"]);
    await until("2025-07-15T23:59:59Z", fixture);
    expect(never.status).toBe("new");
    await until("2025-07-16T00:00:00Z", fixture);
    expect(never.status).toBe("expired");
  });

  test("good till cancelled, it trades in each session and around it", async () => {
    const fixture = at(`${MONDAY}T21:00:00Z`);
    const order = fixture.exchange.submit({ ...EXTENDED, limit_price: "39", time_in_force: "gtc" });
    await until("2025-07-15T09:00:00Z", fixture);
    expect(order.status).toBe("new");
    fixture.exchange.setPrice("SMR", "38");
    await fixture.clock.advance(1_100);
    expect(order.status).toBe("filled");
  });

  test("an order without them does not fill before the open", async () => {
    const fixture = at(`${MONDAY}T09:00:00Z`);
    const order = fixture.exchange.submit(limitOrder("buy", "SMR", "5", "41"));
    await until(`${MONDAY}T13:29:59Z`, fixture);
    expect(order.status).toBe("accepted");
  });

  test("only limit orders for a day or longer have them", () => {
    const { exchange } = openExchange();
    for (const change of [{ type: "market", limit_price: undefined }, { time_in_force: "ioc" }])
      expect(refusalOf(() => exchange.submit({ ...EXTENDED, ...change }))).toEqual({
        status: 422,
        body: { code: 42210000, message: "extended hours order must be DAY or GTC limit orders" },
      });
  });
});
