import { describe, expect, test } from "@jest/globals";
import type { OrderRequest, SubmitAnswer } from "../../src/domain/broker.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import type { Reply } from "./scripted-venue.ts";
import { atVenue, brokerFor, eventually, wireOrder } from "./scripted-venue.ts";

const NOW = Date.parse("2026-03-16T14:30:00Z");
const REQUEST: OrderRequest = { clientOrderId: "at-1", symbol: "SMR", side: "buy", quantity: decimal("1.5") };

/** The broker's result for one POST, and how often the venue saw it. */
function submitted(reply: Reply): Promise<{ answer: SubmitAnswer; posts: number }> {
  return atVenue(reply, systemClock, async (broker, venue) => ({ answer: await broker.submit(REQUEST), posts: venue.seen.length }));
}

const refusal = (status: number, code: number, message: string, more: Record<string, unknown> = {}): Reply => ({
  status,
  json: { code, message, ...more },
});

describe("an order that the venue accepted", () => {
  test("is accepted when the answer is that order", async () => {
    const { answer } = await submitted({ json: wireOrder() });
    expect(answer).toMatchObject({ kind: "accepted", order: { clientOrderId: "at-1", status: "accepted" } });
  });

  test("is accepted although the venue added, removed and nulled irrelevant fields", async () => {
    const { asset_class, order_class, legs, ...rest } = wireOrder({ brand_new: { deep: [1] }, limit_price: null });
    const { answer } = await submitted({ json: rest });
    expect([asset_class, order_class, legs]).toEqual(["us_equity", "simple", null]);
    expect(answer.kind).toBe("accepted");
  });
});

describe("an order with an unknown outcome", () => {
  const cases: readonly (readonly [string, Reply])[] = [
    ["the connection is reset", "reset"],
    ["the body is cut after a 200", "cut"],
    ["a 200 holds no JSON", { text: "<html>gateway</html>" }],
    ["a 200 is empty", {}],
    ["a 200 holds JSON that is no order", { json: { ok: true } }],
    ["a 200 holds a list", { json: [] }],
    ["the order in the answer has no id", { json: wireOrder({ id: null }) }],
    ["the answer holds another client order id", { json: wireOrder({ client_order_id: "at-2" }) }],
    ["the answer holds another symbol", { json: wireOrder({ symbol: "LEU" }) }],
    ["the answer holds the other side", { json: wireOrder({ side: "sell" }) }],
    ["an amount in the answer cannot be read", { json: wireOrder({ filled_qty: "some" }) }],
    ["the answer comes after a 504", refusal(504, 50410000, "request timed out")],
    ["the venue has an internal error", refusal(500, 50010000, "internal server error")],
    ["a proxy answers 502", { status: 502, text: "<html>Bad Gateway</html>" }],
    ["the request times out at the venue", refusal(408, 40810000, "request timeout")],
    ["401 comes as HTML of a proxy", { status: 401, text: "<html>401 Authorization Required</html>" }],
    ["403 comes without a code, in words that are not Alpaca's", { status: 403, json: { message: "Forbidden" } }],
    ["the code is a text", { status: 403, json: { code: "40310000", message: "insufficient buying power" } }],
    ["404 comes from a proxy", { status: 404, text: "not found" }],
    ["the venue redirects", { status: 307, headers: { Location: "/elsewhere" } }],
  ];

  test.each(cases)("is unknown when %s, and is sent once", async (_name, reply) => {
    const { answer, posts } = await submitted(reply);
    expect(answer.kind).toBe("unknown");
    expect(posts).toBe(1);
  });

  test.each([
    ["there is no answer", "hang"],
    ["the body never ends", "stall"],
  ] as const)("is unknown when %s for 10 s", async (_name, reply) => {
    const clock = new VirtualClock(NOW);
    await atVenue(reply, clock, async (broker, venue) => {
      const answer = broker.submit(REQUEST);
      await eventually(() => venue.seen.length === 1);
      await clock.advance(9_999);
      expect(clock.pending).toBe(1);
      await clock.advance(1);
      expect(await answer).toEqual({ kind: "unknown", message: expect.stringContaining("within 10 s") as unknown as string });
    });
  });

  test("is unknown when nothing listens at the address", async () => {
    const url = await atVenue("hang", systemClock, (_broker, venue) => Promise.resolve(venue.url));
    const broker = brokerFor(url, systemClock);
    expect(await broker.submit(REQUEST)).toEqual({
      kind: "unknown",
      message: expect.stringContaining("ECONNREFUSED") as unknown as string,
    });
    await broker.close();
  });
});

describe("an order that exists already", () => {
  test.each([
    [422, 40010001],
    [422, 42210000],
  ])("is adopted, recognised by the text of a %d with code %d", async (status, code) => {
    const { answer } = await submitted(refusal(status, code, "client_order_id must be unique"));
    expect(answer).toEqual({ kind: "exists", message: "client_order_id must be unique" });
  });

  test("is adopted even when the text has no code", async () => {
    const { answer } = await submitted({ status: 422, json: { message: "client order id must be unique" } });
    expect(answer.kind).toBe("exists");
  });
});

describe("an order that was not sent", () => {
  const resetAt = (seconds: number): Record<string, string> => ({
    "X-RateLimit-Limit": "200",
    "X-RateLimit-Remaining": "0",
    "X-RateLimit-Reset": String(NOW / 1000 + seconds),
  });
  const LIMITED = { code: 42910000, message: "rate limit exceeded" };

  test("may be resent when the venue's window resets", async () => {
    const clock = new VirtualClock(NOW);
    const answer = await atVenue({ status: 429, json: LIMITED, headers: resetAt(29) }, clock, (broker) => broker.submit(REQUEST));
    expect(answer).toEqual({
      kind: "not-sent",
      message: expect.stringContaining("rate limit exceeded") as unknown as string,
      retryAt: 29_250,
    });
  });

  test("may be resent after Retry-After if the venue gives it", async () => {
    const clock = new VirtualClock(NOW);
    const answer = await atVenue({ status: 429, json: LIMITED, headers: { "Retry-After": "7" } }, clock, (broker) =>
      broker.submit(REQUEST),
    );
    expect(answer).toMatchObject({ kind: "not-sent", retryAt: 7_000 });
  });

  test("may be resent after some seconds when a 429 gives no time", async () => {
    const answer = await atVenue({ status: 429, text: "slow down" }, new VirtualClock(NOW), (broker) => broker.submit(REQUEST));
    expect(answer).toMatchObject({ kind: "not-sent", retryAt: 5_000 });
  });

  test("never reaches the venue while the venue's budget is used up", async () => {
    const clock = new VirtualClock(NOW);
    await atVenue({ status: 429, json: LIMITED, headers: resetAt(29) }, clock, async (broker, venue) => {
      await broker.submit(REQUEST);
      const second = broker.submit({ ...REQUEST, clientOrderId: "at-2" });
      await clock.advance(1_000);
      expect(await second).toMatchObject({ kind: "not-sent", retryAt: 29_250 });
      expect(venue.seen).toHaveLength(1);
    });
  });
});

describe("an order that the venue refused", () => {
  const cases: readonly (readonly [string, number, number, string, Record<string, unknown>?])[] = [
    ["insufficient-buying-power", 403, 40310000, "insufficient buying power", { buying_power: "15", cost_basis: "31319000.3" }],
    ["insufficient-buying-power", 403, 40310000, "insufficient day trading buying power"],
    ["insufficient-quantity", 403, 40310000, "insufficient qty available for order (requested: 106, available: 0)", { available: "0" }],
    ["insufficient-quantity", 403, 40310000, "insufficient qty available for order", { available: "900.5", existing_qty: "1000" }],
    [
      "wash-trade",
      403,
      40310000,
      "potential wash trade detected. use complex orders",
      { reject_reason: "opposite side market/stop order exists" },
    ],
    ["wash-trade", 422, 42210000, "potential wash trade detected. use complex orders"],
    ["wash-trade", 403, 40310000, "order refused", { reject_reason: "opposite side limit order exists" }],
    ["not-fractionable", 403, 40310000, 'asset "CWVX" is not fractionable'],
    ["not-fractionable", 422, 42210000, "requested asset is not fractionable"],
    ["below-minimum", 403, 40310000, "cost basis must be >= minimal amount of order 1"],
    ["below-minimum", 422, 42210000, "notional amount must be >= 1.00"],
    ["account-restricted", 403, 40310000, "account is not authorized to trade"],
    ["account-restricted", 403, 40310100, "trade denied due to pattern day trading protection"],
    ["account-restricted", 403, 40310000, "no day trades permitted based on your previous day account equity being under $25,000"],
    ["account-restricted", 422, 40010001, "us_equity orders not allowed for account"],
    ["not-fractionable", 403, 40310000, "fractional trading is disabled for this account"],
    ["below-minimum", 422, 42210000, "notional must be >= 1.00"],
    ["unknown-asset", 404, 40410000, "symbol not found: ZZZZ"],
    ["cannot-short", 422, 42210000, "fractional orders cannot be sold short"],
    ["cannot-short", 422, 42210000, 'asset "X" cannot be sold short'],
    ["unknown-asset", 422, 42210000, 'asset "ZZZZ" not found'],
    ["not-tradable", 422, 42210000, 'asset "RGC" is not tradable'],
    ["not-tradable", 422, 40010001, "asset WBD is not active"],
    ["other", 422, 42210000, "notional value must be limited to 2 decimal places"],
    ["other", 422, 42210000, "fractional orders must be DAY orders"],
    ["other", 422, 40010001, "qty or notional is required"],
  ];

  test.each(cases)("is refused as %s (%d, %d: %s)", async (...row) => {
    const [reason, status, code, message, more] = row;
    const reply = refusal(status, code, message, more);
    const { answer, posts } = await submitted({ ...(reply as object), headers: { "X-Request-ID": "req-9" } });
    const figures = more?.buying_power === undefined ? {} : { buyingPower: decimal("15"), costBasis: decimal("31319000.3") };
    const shares = more?.available === undefined ? {} : { available: decimal(more.available as string) };
    expect(answer).toEqual({ kind: "refused", reason, status, code, message, requestId: "req-9", ...figures, ...shares });
    expect(posts).toBe(1);
  });

  test.each([
    [401, { code: 40110000, message: "request is not authorized" }],
    [401, { message: "unauthorized." }],
    [403, { message: "forbidden." }],
  ])("is refused because of the keys, and says so (%d %j)", async (status, json) => {
    const { answer, posts } = await submitted({ status, json });
    expect(answer).toMatchObject({
      kind: "refused",
      reason: "keys-refused",
      message: expect.stringContaining("check that they are valid and allow trading"),
    });
    expect(posts).toBe(1);
  });

  test("because its owner has switched trading off names the switch", async () => {
    const { answer } = await submitted({ status: 403, json: { code: 40310000, message: "new orders are rejected by user request" } });
    expect(answer).toMatchObject({
      kind: "refused",
      reason: "trade-suspended",
      message: expect.stringMatching(/^new orders are rejected by user request .*`suspend_trade` on its page at Alpaca/),
    });
  });

  test("is recognised by its text even if escaped on the wire", async () => {
    const text = '{"code":40310000,"message":"cost basis must be \\u003e= minimal amount of order 1"}';
    const { answer } = await submitted({ status: 403, text });
    expect(answer).toMatchObject({ kind: "refused", reason: "below-minimum", message: "cost basis must be >= minimal amount of order 1" });
  });
});

describe("a cancel", () => {
  const cases: readonly (readonly [string, string, Reply])[] = [
    ["requested", "the venue takes it", { status: 204 }],
    ["requested", "the order is being cancelled already", refusal(422, 42210000, 'order is already in "pending_cancel" state')],
    ["ended", "the order is filled", refusal(422, 42210000, 'order is already in "filled" state')],
    ["not-found", "the venue does not know the order", refusal(404, 40410000, "order not found")],
    ["unknown", "a proxy answers 404", { status: 404, text: "<html>404</html>" }],
    ["unknown", "the venue times out", refusal(504, 50410000, "request timed out")],
    ["unknown", "the connection is reset", "reset"],
    ["unknown", "there are too many requests", { status: 429 }],
  ];

  test.each(cases)("is %s when %s, and is sent once", async (kind, _name, reply) => {
    await atVenue(reply, systemClock, async (broker, venue) => {
      expect((await broker.cancel("61e69015")).kind).toBe(kind);
      expect(venue.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(["DELETE /v2/orders/61e69015"]);
    });
  });
});
