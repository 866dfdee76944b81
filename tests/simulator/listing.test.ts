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

  test.each(["?status=some", "?limit=x", "?after=soon", "?direction=up"])("refuses %s", async (query) => {
    expect((await client.request("GET", `/v2/orders${query}`)).status).toBe(400);
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
});

describe("other listings", () => {
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
    expect((await client.request("GET", `/v2/assets/${all[0]!.id}`)).json).toEqual(all[0]);
    expect((await client.request("GET", "/v2/assets/BRK.B")).json).toMatchObject({ symbol: "BRK.B", fractionable: true, exchange: "NYSE" });
  });
});
