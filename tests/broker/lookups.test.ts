import { describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import type { Reply, SeenRequest } from "./scripted-venue.ts";
import { atVenue, brokerFor, wireOrder } from "./scripted-venue.ts";

const START = Date.parse("2026-03-16T14:30:00Z");

describe("an order or asset counts as absent", () => {
  test.each([
    ["the venue's code says so", { code: 40410000, message: "order not found" }],
    ["the venue's text says so", { message: "order not found for at-1" }],
  ])("when %s", async (_name, json) => {
    await atVenue({ status: 404, json }, systemClock, async (broker) => {
      expect(await broker.orderByClientId("at-1")).toBeUndefined();
      expect(await broker.orderById("1")).toBeUndefined();
    });
  });

  test("when the venue does not know the symbol", async () => {
    await atVenue({ status: 404, json: { code: 40410000, message: "asset not found for ZZZZQX" } }, systemClock, async (broker, venue) => {
      expect(await broker.asset("ZZZZQX")).toBeUndefined();
      expect(venue.seen[0]!.path).toBe("/v2/assets/ZZZZQX");
    });
  });
});

describe("an order never counts as absent", () => {
  test.each([
    ["a proxy answers 404", { status: 404, text: "<html>404 Not Found: order not found</html>" }],
    ["the path is not known", { status: 404, json: { message: "endpoint not found" } }],
    ["a 404 is empty", { status: 404 }],
    ["the look-up is empty", { json: null }],
    ["the look-up holds another order", { json: wireOrder({ client_order_id: "at-2", id: "2" }) }],
    ["the keys are refused", { status: 403, json: { message: "forbidden." } }],
  ] as readonly (readonly [string, Reply])[])("when %s", async (_name, reply) => {
    await atVenue(reply, systemClock, async (broker) => {
      await expect(broker.orderByClientId("at-1")).rejects.toThrow("Alpaca paper");
      await expect(broker.orderById("1")).rejects.toThrow("Alpaca paper");
    });
  });
});

describe("a client order id", () => {
  test("reaches the venue unchanged, whatever its characters", async () => {
    const id = "at:2026 a/b&c=d+é";
    await atVenue({ json: wireOrder({ client_order_id: id }) }, systemClock, async (broker, venue) => {
      expect((await broker.orderByClientId(id))?.clientOrderId).toBe(id);
      expect(venue.seen[0]).toMatchObject({ path: "/v2/orders:by_client_order_id" });
      expect(venue.seen[0]!.query.get("client_order_id")).toBe(id);
    });
  });
});

/** An order book that lists like the venue: `after` excludes, oldest first, at most 500. */
function listing(submissions: readonly string[]): (request: SeenRequest) => Reply {
  const orders = submissions.map((submitted_at, index) => wireOrder({ id: String(index), client_order_id: `at-${index}`, submitted_at }));
  return ({ query }) => {
    const after = Date.parse(query.get("after") ?? "1970-01-01");
    return { json: orders.filter((order) => Date.parse(String(order.submitted_at)) > after).slice(0, Number(query.get("limit"))) };
  };
}

const momentOf = (milliseconds: number): string => new Date(START + milliseconds).toISOString();

describe("the list of orders", () => {
  test("requests all statuses and the symbols, oldest first", async () => {
    await atVenue({ json: [] }, systemClock, async (broker, venue) => {
      expect(await broker.ordersSince(START, ["SMR", "BRK.B"])).toEqual([]);
      expect(Object.fromEntries(venue.seen[0]!.query)).toEqual({
        status: "all",
        limit: "500",
        direction: "asc",
        nested: "false",
        after: "2026-03-16T14:30:00.000Z",
        symbols: "SMR,BRK.B",
      });
      expect(await broker.ordersSince(START, [])).toEqual([]);
      expect(venue.seen).toHaveLength(1);
    });
  });

  test("is complete beyond one page, even if orders share a millisecond across the boundary", async () => {
    const moments = Array.from({ length: 1_203 }, (_, index) => momentOf(Math.floor(index / 7) + 1));
    await atVenue(listing(moments), systemClock, async (broker, venue) => {
      const orders = await broker.ordersSince(START);
      expect(orders.map(({ id }) => Number(id))).toEqual(moments.map((_, index) => index));
      expect(venue.seen.length).toBeGreaterThan(2);
    });
  });

  test("is an error and never cut off when it cannot be read completely", async () => {
    await atVenue(listing(Array.from({ length: 600 }, () => momentOf(1))), systemClock, async (broker) => {
      await expect(broker.ordersSince(START)).rejects.toMatchObject({ failure: "unreadable" });
    });
  });

  test("contains only unfinished orders when open ones are requested", async () => {
    const orders = ["new", "held", "something_new", "filled", "done_for_day"].map((status) => wireOrder({ id: status, status }));
    await atVenue({ json: orders }, systemClock, async (broker, venue) => {
      expect((await broker.openOrders()).map(({ status }) => status)).toEqual(["new", "held", "something_new"]);
      expect(venue.seen[0]!.query.get("status")).toBe("open");
    });
  });

  test("shows the legs of an external order without its own symbol", async () => {
    const legs = [wireOrder({ id: "leg", symbol: "SMR260320C00030000", asset_class: "us_option" })];
    await atVenue({ json: [wireOrder({ symbol: "", side: "", legs }), wireOrder({ id: "ours" })] }, systemClock, async (broker) => {
      expect((await broker.openOrders()).map(({ id }) => id)).toEqual(["leg", "ours"]);
    });
  });
});

describe("the fills", () => {
  test("are read page by page, each once", async () => {
    const fills = Array.from({ length: 250 }, (_, index) => ({
      id: `2026::${String(index).padStart(4, "0")}`,
      activity_type: "FILL",
      transaction_time: momentOf(index),
      type: index % 2 === 0 ? "fill" : "partial_fill",
      price: "10.01",
      qty: "0.000000001",
      side: index === 0 ? "sell_short" : "buy",
      symbol: "SMR",
      order_id: "61e69015",
      leaves_qty: "0",
    }));
    const script = ({ query }: SeenRequest): Reply => {
      const from = fills.findIndex(({ id }) => id === query.get("page_token")) + 1;
      return { json: fills.slice(from, from + Number(query.get("page_size"))) };
    };
    await atVenue(script, systemClock, async (broker, venue) => {
      const found = await broker.fillsSince(START);
      expect(found.map(({ id }) => id)).toEqual(fills.map(({ id }) => id));
      expect(found[0]).toMatchObject({ side: "sell", orderId: "61e69015", at: START });
      expect(found[0]!.quantity.toFixed()).toBe("0.000000001");
      expect(venue.seen[0]).toMatchObject({ path: "/v2/account/activities/FILL" });
      expect(venue.seen[0]!.query.get("after")).toBe(momentOf(0));
    });
  });
});

describe("market prices", () => {
  test("cost one request for up to a hundred symbols, and none for none", async () => {
    const asked: string[] = [];
    const answer: typeof fetch = (input) => {
      asked.push(new URL(input).searchParams.get("symbols") ?? "");
      return Promise.resolve(Response.json({}));
    };
    const broker = brokerFor("http://127.0.0.1:9", new VirtualClock(START), { fetch: answer });
    const symbols = Array.from({ length: 101 }, (_, index) => `S${index}`);
    expect((await broker.prices([...symbols, "S0"])).size).toBe(0);
    expect((await broker.prices([])).size).toBe(0);
    expect(asked).toEqual([symbols.slice(0, 100).join(","), "S100"]);
  });
});
