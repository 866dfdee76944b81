import { describe, expect, test } from "@jest/globals";
import { clientOf, holding, limitOrder, marketOrder, openExchange } from "./fixture.ts";

const UNKNOWN = "61e69015-8549-4bfd-b9c3-01e75843f47d";
const BUY = marketOrder("buy", "SMR", { qty: "1" });
const REFUSED: readonly (readonly [name: string, body: Record<string, unknown>, status: number, answer: Record<string, unknown>])[] = [
  ["no size", marketOrder("buy", "SMR", {}), 422, { code: 40010001, message: "qty or notional is required" }],
  ["two sizes", { ...BUY, notional: "5" }, 422, { code: 40010001, message: "only one of qty or notional is accepted" }],
  [
    "a notional with three decimals",
    marketOrder("buy", "SMR", { notional: "10.001" }),
    422,
    { code: 42210000, message: "notional value must be limited to 2 decimal places" },
  ],
  [
    "less than a dollar in shares",
    marketOrder("buy", "SMR", { qty: "0.02" }),
    403,
    { code: 40310000, message: "cost basis must be >= minimal amount of order 1" },
  ],
  [
    "less than a dollar in money",
    marketOrder("buy", "SMR", { notional: "0.99" }),
    422,
    { code: 42210000, message: "notional amount must be >= 1.00" },
  ],
  [
    "a fraction of a penny",
    limitOrder("buy", "SMR", "1", "29.123"),
    422,
    { code: 42210000, message: "invalid limit_price 29.123. sub-penny increment does not fulfill minimum pricing criteria" },
  ],
  [
    "a fraction that lives longer than the day",
    { ...marketOrder("buy", "SMR", { qty: "1.5" }), time_in_force: "gtc" },
    422,
    { code: 42210000, message: "fractional orders must be DAY orders" },
  ],
  [
    "a fraction in a bracket",
    { ...marketOrder("buy", "SMR", { qty: "1.5" }), order_class: "bracket" },
    422,
    { code: 42210000, message: "fractional orders must be simple orders" },
  ],
  [
    "a fraction of an asset that is not fractionable",
    marketOrder("buy", "CWVX", { notional: "100" }),
    403,
    { code: 40310000, message: 'asset "CWVX" is not fractionable' },
  ],
  [
    "extended hours at the market",
    { ...BUY, extended_hours: true },
    422,
    { code: 42210000, message: "extended hours order must be DAY or GTC limit orders" },
  ],
  ["an unknown asset", marketOrder("buy", "ZZZZ", { qty: "1" }), 422, { code: 42210000, message: 'asset "ZZZZ" not found' }],
  [
    "an asset that is not tradable",
    marketOrder("buy", "RGC", { qty: "1" }),
    422,
    { code: 42210000, message: 'asset "RGC" is not tradable' },
  ],
  ["an inactive asset", marketOrder("buy", "WBD", { qty: "1" }), 422, { code: 40010001, message: "asset WBD is not active" }],
  [
    "a fraction of what is not held",
    marketOrder("sell", "SMR", { qty: "0.5" }),
    422,
    { code: 42210000, message: "fractional orders cannot be sold short" },
  ],
  [
    "a whole share of what is not held",
    marketOrder("sell", "SMR", { qty: "1" }),
    403,
    { code: 40310000, message: "account is not allowed to short" },
  ],
  [
    "more than the account can pay",
    marketOrder("buy", "SMR", { qty: "3000" }),
    403,
    { buying_power: "100000", code: 40310000, cost_basis: "120030", message: "insufficient buying power" },
  ],
  [
    "more than is held",
    marketOrder("sell", "LEU", { qty: "11" }),
    403,
    {
      available: "10",
      code: 40310000,
      existing_qty: "10",
      message: "insufficient qty available for order (requested: 11, available: 10)",
      symbol: "LEU",
    },
  ],
  [
    "an opening auction in the middle of the day",
    { ...BUY, time_in_force: "opg" },
    403,
    { code: 40310000, message: "opg orders must be submitted after 7:00pm and before 9:28am" },
  ],
  ["an unknown time in force", { ...BUY, time_in_force: "gtd" }, 422, { code: 42210000, message: "invalid time_in_force" }],
  [
    "a stop that is good for a moment",
    { ...BUY, type: "stop", stop_price: "50", time_in_force: "ioc" },
    422,
    { code: 42210000, message: "ioc orders must be market or limit orders" },
  ],
  [
    "a stop in extended hours",
    { ...BUY, type: "stop", stop_price: "50", extended_hours: true },
    422,
    { code: 42210000, message: "stop orders are not eligible for extended hours trading" },
  ],
  [
    "a stop that the price has passed",
    { ...BUY, type: "stop", stop_price: "40" },
    422,
    { code: 42210000, market_price: "40", message: "stop price must be greater than current price", stop_price: "40" },
  ],
  [
    "a trailing stop without its distance",
    { ...BUY, type: "trailing_stop" },
    422,
    { code: 40010001, message: "trailing stop orders must specify one of trail_price or trail_percent" },
  ],
  [
    "a trailing stop with two distances",
    { ...BUY, type: "trailing_stop", trail_price: "1", trail_percent: "1" },
    422,
    { code: 40010001, message: "trailing stop orders must specify one of trail_price or trail_percent" },
  ],
  [
    "a trailing stop that follows too closely",
    { ...BUY, type: "trailing_stop", trail_percent: "0.09" },
    422,
    { code: 40010001, message: "trail_percent must be greater than or equal to 0.1" },
  ],
  [
    "a fraction that trails",
    { ...BUY, qty: "1.5", type: "trailing_stop", trail_percent: "1" },
    422,
    { code: 42210000, message: "fractional orders must be market, limit, stop, or stop_limit orders" },
  ],
  [
    "a distance of an order that does not trail",
    { ...BUY, trail_price: "1" },
    422,
    { code: 40010001, message: "market orders must not have trail_price" },
  ],
  [
    "several option contracts",
    { order_class: "mleg", type: "limit", qty: "1", limit_price: "1", time_in_force: "day", legs: [{}, {}] },
    403,
    { code: 40310000, message: "submit mleg order is disabled" },
  ],
  [
    "a single leg of several",
    { order_class: "mleg", type: "limit", qty: "1", limit_price: "1", time_in_force: "day", legs: [{}] },
    422,
    { code: 42210000, message: "mleg orders must have at least 2 legs and at most 4 legs" },
  ],
  [
    "an option contract",
    { ...BUY, symbol: "AAPL250620C00100000" },
    403,
    { code: 40310000, message: "account not authorized to trade options" },
  ],
  [
    "a bracket of option contracts",
    { ...BUY, symbol: "AAPL250620C00100000", order_class: "bracket" },
    422,
    { code: 42210000, message: "complex orders not supported for options trading" },
  ],
  [
    "a crypto coin",
    { ...BUY, symbol: "BTC/USD", time_in_force: "gtc" },
    422,
    { code: 40010001, message: "crypto orders not allowed for account" },
  ],
  [
    "an algorithm of the venue",
    { ...BUY, advanced_instructions: { algorithm: "VWAP" } },
    403,
    { code: 40310000, message: "account not allowed to use advanced_instructions" },
  ],
  ["a limit order without its price", { ...BUY, type: "limit" }, 422, { code: 40010001, message: "limit orders require a limit price" }],
  [
    "a stop-limit order with one price",
    { ...BUY, type: "stop_limit", stop_price: "50" },
    422,
    { code: 40010001, message: "stop limit orders require both stop and limit price" },
  ],
  [
    "a market order with a price",
    { ...BUY, stop_price: "50" },
    422,
    { code: 40010001, message: "market orders require no stop or limit price" },
  ],
  ["a quantity of zero", { ...BUY, qty: "0" }, 422, { code: 40010001, message: "qty must be > 0" }],
  [
    "an intent that the side contradicts",
    { ...BUY, position_intent: "buy_to_close" },
    422,
    { code: 42210000, message: "position intent mismatch, inferred: buy_to_open, specified: buy_to_close" },
  ],
  [
    "a bracket without its exits, whose size clients repeat as null",
    { ...BUY, notional: null, order_class: "bracket" },
    422,
    { code: 40010001, message: "bracket orders require take_profit.limit_price" },
  ],
  [
    "an id that is too long",
    { ...BUY, client_order_id: "x".repeat(129) },
    422,
    { code: 40010001, message: "client_order_id must be no more than 128 characters" },
  ],
];

describe("POST /v2/orders refuses", () => {
  test.each(REFUSED)("%s, in the venue's words", async (_name, body, status, answer) => {
    const { exchange } = openExchange({ positions: [holding("LEU", "10", "190")] });
    const reply = await clientOf(exchange).request("POST", "/v2/orders", body);
    expect(reply.status).toBe(status);
    expect(reply.json).toEqual(answer);
    expect(Object.keys(reply.json as object)).toEqual(Object.keys(reply.json as object).sort());
    expect(exchange.state.orders.size).toBe(0);
  });

  test("a sell of an asset that cannot be borrowed and is not held", async () => {
    const { exchange } = openExchange();
    exchange.setAsset("SMR", { shortable: false });
    const reply = await clientOf(exchange).request("POST", "/v2/orders", marketOrder("sell", "SMR", { qty: "1" }));
    expect(reply).toMatchObject({ status: 422, json: { code: 42210000, message: 'asset "SMR" cannot be sold short' } });
  });

  test("a client order id that was used before, even after its order was cancelled", async () => {
    const { clock, exchange } = openExchange();
    const client = clientOf(exchange);
    const body = { ...limitOrder("buy", "SMR", "1", "30"), client_order_id: "once" };
    const first = await client.request("POST", "/v2/orders", body);
    exchange.cancel((first.json as { id: string }).id);
    await clock.advance(1_000);
    const second = await client.request("POST", "/v2/orders", body);
    expect(second).toMatchObject({ status: 422, json: { code: 40010001, message: "client_order_id must be unique" } });
  });

  test.each([
    ["a blocked account", { blocked: true }, "account is not authorized to trade"],
    ["an account without trading", { trading_blocked: true }, "account is not authorized to trade"],
    ["an account that suspended itself", { trade_suspended: true }, "new orders are rejected by user request"],
    ["an account that is not active", { status: "ACCOUNT_CLOSED" }, "account is not authorized to trade"],
  ])("everything for %s", async (_name, change, message) => {
    const { exchange } = openExchange();
    const client = clientOf(exchange);
    await client.request("POST", "/simulator/account", change);
    const reply = await client.request("POST", "/v2/orders", BUY);
    expect(reply).toMatchObject({ status: 403, json: { code: 40310000, message } });
  });

  test("what is not JSON", async () => {
    const { exchange } = openExchange();
    const reply = await clientOf(exchange).venue.handle({
      method: "POST",
      url: "/v2/orders",
      headers: { "apca-api-key-id": "k", "apca-api-secret-key": "s" },
      body: "{",
    });
    expect(reply.status).toBe(400);
  });
});

describe("other refusals", () => {
  test.each([
    ["GET", `/v2/orders/${UNKNOWN}`, 404, { code: 40410000, message: `order not found for ${UNKNOWN}` }],
    ["GET", "/v2/orders:by_client_order_id?client_order_id=nobody", 404, { code: 40410000, message: "order not found for nobody" }],
    ["DELETE", `/v2/orders/${UNKNOWN}`, 404, { code: 40410000, message: `order not found for ${UNKNOWN}` }],
    ["GET", "/v2/positions/SMR", 404, { code: 40410000, message: "position does not exist" }],
    ["DELETE", "/v2/positions/SMR", 404, { code: 40410000, message: "position does not exist" }],
    ["GET", "/v2/assets/ZZZZQX", 404, { code: 40410000, message: "asset not found for ZZZZQX" }],
  ])("%s %s", async (method, path, status, json) => {
    expect(await clientOf(openExchange().exchange).request(method, path)).toMatchObject({ status, json });
  });

  test("requests without keys and with wrong keys get different answers", async () => {
    const client = clientOf(openExchange().exchange, { credentials: { keyId: "right", secret: "pair" } });
    const none = await client.request("GET", "/v2/account", undefined, {});
    const wrong = await client.request("GET", "/v2/account");
    const right = await client.request("GET", "/v2/account", undefined, { "apca-api-key-id": "right", "apca-api-secret-key": "pair" });
    expect(none).toMatchObject({ status: 401, json: { code: 40110000, message: "request is not authorized" } });
    expect(wrong).toMatchObject({ status: 401, json: { message: "unauthorized." } });
    expect(right.status).toBe(200);
  });

  test("a wrong token gets the answer of wrong keys, and anything but a token alone that of none", async () => {
    const client = clientOf(openExchange().exchange, { credentials: { oauthToken: "right" } });
    const ask = (headers: Record<string, string>) => client.request("GET", "/v2/account", undefined, headers);
    const none = { status: 401, json: { code: 40110000, message: "request is not authorized" } };

    for (const scheme of ["Bearer", "bearer"]) expect((await ask({ authorization: `${scheme} right` })).status).toBe(200);
    for (const headers of [{ authorization: "Bearer wrong" }, { "apca-api-key-id": "right", "apca-api-secret-key": "right" }])
      expect(await ask(headers)).toMatchObject({ status: 401, json: { message: "unauthorized." } });
    for (const headers of [
      { authorization: "Basic right" },
      { authorization: "Bearer" },
      { authorization: "Bearer right", "apca-api-key-id": "key" },
    ])
      expect(await ask(headers)).toMatchObject(none);
  });

  test("a greater-than sign is escaped on the wire", async () => {
    const reply = await clientOf(openExchange().exchange).request("POST", "/v2/orders", marketOrder("buy", "SMR", { qty: "0.001" }));
    expect(reply.text).toBe(String.raw`{"code":40310000,"message":"cost basis must be \u003e= minimal amount of order 1"}`);
  });
});
