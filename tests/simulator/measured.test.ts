import { describe, expect, test } from "@jest/globals";
import { clientOf, type Client, type Fixture, holding, limitOrder, marketOrder, openExchange, WEEKEND } from "./fixture.ts";

/** What others have measured at the real venue, one test each; the pages and issues are in the facts next to the checkout. */
const BUY = marketOrder("buy", "SMR", { qty: "1" });
const SELL = marketOrder("sell", "LEU", { qty: "1" });
const RESTING = limitOrder("buy", "SMR", "1", "30");

function venue(start?: number): Client & Fixture {
  const fixture = openExchange({ positions: [holding("LEU", "10", "190")] }, start);
  return { ...fixture, ...clientOf(fixture.exchange) };
}

type Step = readonly [method: string, path: string, body: unknown, status: number, answer?: unknown];

const post = (body: unknown, status = 200, answer: unknown = {}): Step => ["POST", "/v2/orders", body, status, answer];
const refused = (body: unknown, status: number, code: number, message: string): Step => post(body, status, { code, message });

describe("an order", () => {
  test.each<readonly [fact: string, ...steps: Step[]]>([
    [
      "with the id of another is refused as a duplicate",
      post({ ...BUY, client_order_id: "a" }),
      refused({ ...BUY, client_order_id: "a" }, 422, 40010001, "client_order_id must be unique"),
    ],
    ["without an id is taken as often as it is sent", post(BUY), post(BUY)],
    [
      "with more than nine decimals is cut off silently",
      post(marketOrder("buy", "SMR", { qty: "0.123456789012" }), 200, { qty: "0.123456789" }),
    ],
    [
      "of a fraction of a cent is refused",
      refused(marketOrder("buy", "SMR", { notional: "10.001" }), 422, 42210000, "notional value must be limited to 2 decimal places"),
    ],
    [
      "of shares worth less than a dollar is refused",
      refused(marketOrder("buy", "SMR", { qty: "0.01" }), 403, 40310000, "cost basis must be >= minimal amount of order 1"),
    ],
    [
      "of less than a dollar is refused in other words",
      refused(marketOrder("buy", "SMR", { notional: "0.5" }), 422, 42210000, "notional amount must be >= 1.00"),
    ],
    [
      "of a fraction of what is not fractionable is refused",
      refused(marketOrder("buy", "CWVX", { qty: "1.5" }), 403, 40310000, 'asset "CWVX" is not fractionable'),
    ],
    ["for an inactive asset is refused", refused({ ...BUY, symbol: "WBD" }, 422, 40010001, "asset WBD is not active")],
    [
      "that trades with an own opposite one is a wash trade",
      post(limitOrder("sell", "LEU", "1", "300")),
      post(marketOrder("buy", "LEU", { qty: "1" }), 403, {
        code: 40310000,
        message: "potential wash trade detected. use complex orders",
        reject_reason: "opposite side limit order exists",
      }),
    ],
    [
      "for shares that others hold is refused with their figures",
      post({ ...SELL, qty: "10" }),
      post(SELL, 403, { available: "0", code: 40310000, existing_qty: "10", held_for_orders: "10", symbol: "LEU" }),
    ],
    [
      "beyond the buying power is refused with its cost",
      post({ ...BUY, qty: "9000" }, 403, {
        buying_power: "100000",
        code: 40310000,
        cost_basis: "360090",
        message: "insufficient buying power",
      }),
    ],
  ])("%s", async (_fact, ...steps) => {
    const { request } = venue();
    for (const [method, path, body, status, answer] of steps)
      expect(await request(method, path, body)).toMatchObject({ status, json: answer });
  });

  test("keeps its id forever, also after it was cancelled", async () => {
    const { clock, exchange, request } = venue();
    exchange.submit({ ...RESTING, client_order_id: "a" });
    exchange.cancelAll();
    await clock.advance(1_000);
    expect((await request("POST", "/v2/orders", { ...RESTING, client_order_id: "a" })).status).toBe(422);
  });

  test("parked while the market is closed makes its symbol unsellable", async () => {
    const { request } = venue(WEEKEND);
    await request("POST", "/v2/orders", marketOrder("buy", "LEU", { qty: "1" }));
    expect(await request("POST", "/v2/orders", SELL)).toMatchObject({
      status: 403,
      json: { reject_reason: "opposite side market/stop order exists" },
    });
  });

  test("cancelled twice is cancelled without a refusal", async () => {
    const { clock, exchange, request } = venue();
    const { id } = exchange.submit(RESTING);
    for (let time = 0; time < 2; time++) {
      expect((await request("DELETE", `/v2/orders/${id}`)).status).toBe(204);
      await clock.advance(1_000);
    }
  });
});

describe("an answer", () => {
  test("without a code refuses the keys, and one with a code the order", async () => {
    const { request } = clientOf(openExchange().exchange, { credentials: { keyId: "own", secret: "own" } });
    expect((await request("GET", "/v2/account")).json).toEqual({ message: "unauthorized." });
    expect((await request("GET", "/v2/account", undefined, {})).json).toEqual({ code: 40110000, message: "request is not authorized" });
  });

  test("beyond 200 requests a minute names the limit, and when it ends", async () => {
    const { request } = venue();
    for (let call = 0; call < 200; call++) await request("GET", "/v2/clock");
    const reply = await request("GET", "/v2/clock");
    expect(reply).toMatchObject({ status: 429, json: { code: 42910000, message: "rate limit exceeded" } });
    expect(["limit", "remaining"].map((name) => reply.headers.get(`x-ratelimit-${name}`))).toEqual(["200", "0"]);
    expect(Number(reply.headers.get("x-ratelimit-reset"))).toBeGreaterThan(Date.parse("2025-07-14T15:00:00Z") / 1_000);
  });

  test("writes the keys of a refusal in order, amounts without zeros, and a greater-than sign escaped", async () => {
    const { request } = venue();
    const { text } = await request("POST", "/v2/orders", { ...BUY, qty: "0.001" });
    expect(text).toBe(String.raw`{"code":40310000,"message":"cost basis must be \u003e= minimal amount of order 1"}`);
    const { json } = await request("POST", "/v2/orders", { ...BUY, qty: "9000" });
    expect(Object.keys(json as object)).toEqual(["buying_power", "code", "cost_basis", "message"]);
  });

  test("about an unknown asset names it, and one about unknown prices leaves it out", async () => {
    const { request } = venue();
    expect(await request("GET", "/v2/assets/ZZZZQX")).toMatchObject({ status: 404, json: { message: "asset not found for ZZZZQX" } });
    const { json } = await request("GET", "/v2/stocks/trades/latest?symbols=SPY,ZZZZQX");
    expect(Object.keys((json as { trades: object }).trades)).toEqual(["SPY"]);
  });

  test("about the newest prices of all exchanges is refused on the free plan", async () => {
    expect(await venue().request("GET", "/v2/stocks/quotes/latest?symbols=SPY&feed=sip")).toMatchObject({
      status: 403,
      json: { message: "subscription does not permit querying recent SIP data" },
    });
  });
});

test("a reverse split cancels open orders, and a forward split adjusts a buy limit", async () => {
  const { clock, exchange, request } = venue();
  const { id } = exchange.submit({ ...RESTING, time_in_force: "gtc" });
  await clock.advance(100);
  exchange.split("SMR", "2");
  expect((await request("GET", `/v2/orders/${id}`)).json).toMatchObject({ limit_price: "15", qty: "2", status: "new" });
  exchange.split("SMR", "1:10");
  expect((await request("GET", `/v2/orders/${id}`)).json).toMatchObject({ status: "canceled" });
});
