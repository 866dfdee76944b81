import { describe, expect, test } from "@jest/globals";
import { clientOf, openExchange } from "./fixture.ts";

describe("the rate limit", () => {
  test("answers 429 with the time of the reset and without Retry-After, and opens again then", async () => {
    const { clock, exchange } = openExchange();
    const client = clientOf(exchange, { rateLimitPerMinute: 3 });
    const remaining: (string | null)[] = [];
    for (let call = 0; call < 3; call++) remaining.push((await client.request("GET", "/v2/clock")).headers.get("X-RateLimit-Remaining"));
    const refused = await client.request("GET", "/v2/clock");
    expect(remaining).toEqual(["2", "1", "0"]);
    expect(refused).toMatchObject({ status: 429, json: { code: 42910000, message: "rate limit exceeded" } });
    expect(refused.headers.get("retry-after")).toBeNull();
    expect(refused.headers.get("x-ratelimit-limit")).toBe("3");
    expect(Number(refused.headers.get("x-ratelimit-reset"))).toBe(clock.now() / 1_000 + 60);
    await clock.advance(60_000);
    expect((await client.request("GET", "/v2/clock")).status).toBe(200);
  });

  test("lets 200 requests a minute through by default, for trading and for data each", async () => {
    const client = clientOf(openExchange().exchange);
    for (let call = 0; call < 200; call++) await client.request("GET", "/v2/clock");
    expect((await client.request("GET", "/v2/clock")).status).toBe(429);
    const data = (): ReturnType<typeof client.request> => client.request("GET", "/v2/stocks/trades/latest?symbols=SPY");
    for (let call = 0; call < 200; call++) expect((await data()).status).toBe(200);
    expect(await data()).toMatchObject({ status: 429, json: { message: "too many requests." } });
  });

  test("a refused order is not in the book", async () => {
    const { exchange } = openExchange();
    const client = clientOf(exchange, { rateLimitPerMinute: 0 });
    await client.request("POST", "/v2/orders", { symbol: "SMR", qty: "1", side: "buy", type: "market", time_in_force: "day" });
    expect(exchange.state.orders.size).toBe(0);
  });

  test("every answer has its own request id", async () => {
    const client = clientOf(openExchange().exchange, { rateLimitPerMinute: 1 });
    const replies = [];
    for (const headers of [undefined, undefined, {}]) replies.push(await client.request("GET", "/v2/account", undefined, headers));
    expect(replies.map(({ status }) => status)).toEqual([200, 429, 401]);
    expect(new Set(replies.map((reply) => reply.headers.get("X-Request-ID"))).size).toBe(3);
  });
});
