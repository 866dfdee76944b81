import { beforeAll, describe, expect, test } from "@jest/globals";
import { type Client, clientOf, holding, limitOrder, marketOrder, openExchange } from "./fixture.ts";

interface Listed {
  id: string;
  client_order_id: string;
  submitted_at: string;
}

describe("GET /v2/orders", () => {
  let client: Client;
  let listed: Listed[];

  beforeAll(async () => {
    const { clock, exchange } = openExchange({ positions: [holding("LEU", "10", "200")] });
    client = clientOf(exchange, { rateLimitPerMinute: "off" });
    const bodies = [
      marketOrder("buy", "SMR", { qty: "1" }),
      limitOrder("buy", "SMR", "1", "30"),
      limitOrder("sell", "LEU", "1", "300"),
      marketOrder("buy", "BTAL", { qty: "1" }),
      limitOrder("buy", "SPY", "1", "500"),
    ];
    for (const [index, body] of bodies.entries()) {
      exchange.submit({ ...body, client_order_id: `o${String(index)}` });
      await clock.advance(1_000);
    }
    listed = (await client.request("GET", "/v2/orders?status=all&direction=asc")).json as Listed[];
  });

  const names = async (query: string): Promise<string> => {
    const reply = await client.request("GET", `/v2/orders${query}`);
    return (reply.json as Listed[]).map(({ client_order_id }) => client_order_id).join(" ");
  };

  test("lists open orders by default, newest first", async () => {
    expect(await names("")).toBe("o4 o2 o1");
  });

  test.each([
    ["?status=closed", "o3 o0"],
    ["?status=all", "o4 o3 o2 o1 o0"],
    ["?status=all&direction=asc", "o0 o1 o2 o3 o4"],
    ["?status=all&limit=2", "o4 o3"],
    ["?status=all&symbols=SMR,LEU", "o2 o1 o0"],
    ["?status=all&side=sell", "o2"],
    ["?status=all&nested=true", "o4 o3 o2 o1 o0"],
    ["?status=all&asset_class=crypto", ""],
    ["?status=all&asset_class=crypto,us_equity", "o4 o3 o2 o1 o0"],
  ])("%s gives %s", async (query, expected) => {
    expect(await names(query)).toBe(expected);
  });

  test("treats `after` and `until` as exclusive bounds, to the nanosecond", async () => {
    const [after, until] = [listed[0]!.submitted_at, listed[3]!.submitted_at];
    expect(await names(`?status=all&after=${after}&until=${until}`)).toBe("o2 o1");
    expect(await names(`?status=all&after=${encodeURIComponent("2025-07-14T11:00:01.500-04:00")}`)).toBe("o4 o3 o2");
    expect(await names("?status=all&after=2025-07-15")).toBe("");
  });

  test("pages by order id", async () => {
    const id = listed[2]!.id;
    expect(await names(`?status=all&before_order_id=${id}`)).toBe("o1 o0");
    expect(await names(`?status=all&after_order_id=${id}`)).toBe("o4 o3");
    expect(await names(`?status=all&direction=asc&after_order_id=${id}`)).toBe("o3 o4");
  });

  test.each([
    ["?status=some", 400],
    ["?limit=x", 400],
    ["?after=soon", 400],
    ["?direction=up", 400],
    ["?side=both", 400],
    ["?before_order_id=61e69015-8549-4bfd-b9c3-01e75843f47d", 404],
    ["?before_order_id=61e69015-8549-4bfd-b9c3-01e75843f47d&after_order_id=61e69015-8549-4bfd-b9c3-01e75843f47d", 422],
  ])("refuses %s", async (query, status) => {
    expect((await client.request("GET", `/v2/orders${query}`)).status).toBe(status);
  });

  test("finds one order by its client id, whatever characters it has", async () => {
    const { exchange } = openExchange();
    exchange.submit({ ...limitOrder("buy", "SPY", "1", "400"), client_order_id: "a b:c/1" });
    const reply = await clientOf(exchange).request("GET", "/v2/orders:by_client_order_id?client_order_id=a%20b%3Ac%2F1");
    expect(reply.json).toMatchObject({ client_order_id: "a b:c/1", symbol: "SPY" });
  });
});

describe("GET /v2/account/activities", () => {
  test("lists fills newest first, page by page, together with deposits", async () => {
    const { clock, exchange } = openExchange();
    const client = clientOf(exchange);
    exchange.transfer("250.5");
    for (let index = 0; index < 5; index++) {
      exchange.submit(marketOrder("buy", "SMR", { qty: String(index + 1) }));
      await clock.advance(1_000);
    }
    const page = async (query: string): Promise<{ id: string; qty?: string }[]> =>
      (await client.request("GET", `/v2/account/activities${query}`)).json as { id: string; qty?: string }[];
    const first = await page("?activity_types=FILL&page_size=3");
    const second = await page(`?activity_types=FILL&page_size=3&page_token=${encodeURIComponent(first[2]!.id)}`);
    expect([...first, ...second].map(({ qty }) => qty)).toEqual(["5", "4", "3", "2", "1"]);
    expect(await page("/CSD")).toMatchObject([{ activity_type: "CSD", net_amount: "250.5" }]);
    expect(await page("?direction=asc&page_size=2")).toMatchObject([{ activity_type: "CSD" }, { activity_type: "FILL", qty: "1" }]);
    expect(await page("?after=2025-07-14T15:00:03.5Z&category=trade_activity")).toHaveLength(1);
  });

  test("what is not a trade has the date of New York, in its id too", async () => {
    const { exchange } = openExchange({}, Date.parse("2025-07-15T01:30:00Z"));
    exchange.transfer("250.5");
    const [deposit] = (await clientOf(exchange).request("GET", "/v2/account/activities/CSD")).json as unknown[];
    expect(deposit).toMatchObject({ date: "2025-07-14", id: expect.stringMatching(/^20250714000000000::/), net_amount: "250.5" });
  });

  test("refuses a type that Alpaca does not have", async () => {
    const reply = await clientOf(openExchange().exchange).request("GET", "/v2/account/activities/INVALID");
    expect(reply).toMatchObject({ status: 422, json: { code: 40010001, message: "invalid activity type: INVALID" } });
  });
});

describe("DELETE /v2/positions", () => {
  test.each([
    ["True", ["200 "]],
    ["1", ["200 "]],
    ["false", ["403 insufficient qty available for order (requested: 10, available: 9)"]],
  ])("with cancel_orders=%s answers %p while an order holds a share", async (flag, expected) => {
    const { exchange } = openExchange({ positions: [holding("LEU", "10", "200")] });
    exchange.submit(limitOrder("sell", "LEU", "1", "900"));
    const reply = await clientOf(exchange).request("DELETE", `/v2/positions?cancel_orders=${flag}`);
    const rows = reply.json as { status: number; body: { message?: string } }[];
    expect(rows.map(({ status, body }) => `${String(status)} ${body.message ?? ""}`)).toEqual(expected);
  });
});

describe("other listings", () => {
  test("the calendar can be asked by the date of settlement", async () => {
    const days = await clientOf(openExchange().exchange).request(
      "GET",
      "/v2/calendar?start=2025-07-07&end=2025-07-08&date_type=SETTLEMENT",
    );
    expect(days.json).toMatchObject([
      { date: "2025-07-03", settlement_date: "2025-07-07" },
      { date: "2025-07-07", settlement_date: "2025-07-08" },
    ]);
  });

  test("the calendar accepts dates and full timestamps", async () => {
    const client = clientOf(openExchange().exchange);
    const byDate = await client.request("GET", "/v2/calendar?start=2025-07-02&end=2025-07-07");
    const byStamp = await client.request("GET", "/v2/calendar?start=2025-07-02T00%3A00%3A00.000Z&end=2025-07-07T00%3A00%3A00.000Z");
    expect(byStamp.json).toEqual(byDate.json);
    expect(byDate.json).toMatchObject([
      { date: "2025-07-02", close: "16:00" },
      { date: "2025-07-03", open: "09:30", close: "13:00" },
      { date: "2025-07-07", close: "16:00", session_open: "0400", session_close: "2000", settlement_date: "2025-07-08" },
    ]);
  });

  test("assets can be filtered by status and class, and found by symbol or id", async () => {
    const client = clientOf(openExchange().exchange);
    const all = (await client.request("GET", "/v2/assets")).json as { id: string; symbol: string }[];
    const inactive = (await client.request("GET", "/v2/assets?status=inactive")).json as { symbol: string }[];
    expect(inactive.map(({ symbol }) => symbol)).toEqual(["WBD"]);
    expect((await client.request("GET", "/v2/assets?asset_class=crypto")).json).toEqual([]);
    await client.request("POST", "/simulator/assets", { symbol: "UVXY", attributes: ["ptp_no_exception"] });
    const partnerships = (await client.request("GET", "/v2/assets?attributes=ptp_no_exception,ipo")).json as { symbol: string }[];
    expect(partnerships.map(({ symbol }) => symbol)).toEqual(["UVXY"]);
    expect((await client.request("GET", "/v2/assets?attributes=ptp")).status).toBe(400);
    expect((await client.request("GET", `/v2/assets/${all[0]!.id}`)).json).toEqual(all[0]);
    expect((await client.request("GET", "/v2/assets/BRK.B")).json).toMatchObject({ symbol: "BRK.B", fractionable: true, exchange: "NYSE" });
  });

  test("an asset is also named with its exchange and class, and not with another's", async () => {
    const client = clientOf(openExchange().exchange);
    const order = { symbol: "SPY:ARCA:us_equity", qty: "1", side: "buy", type: "limit", limit_price: "100", time_in_force: "day" };
    expect((await client.request("GET", "/v2/assets/AAPL:NASDAQ")).json).toMatchObject({ symbol: "AAPL" });
    expect((await client.request("POST", "/v2/orders", order)).json).toMatchObject({ symbol: "SPY" });
    for (const symbol of ["SPY:NYSE", "SPY:ARCA:crypto", "SPY:"])
      expect((await client.request("POST", "/v2/orders", { ...order, symbol })).json).toMatchObject({
        message: `asset "${symbol}" not found`,
      });
  });
});
