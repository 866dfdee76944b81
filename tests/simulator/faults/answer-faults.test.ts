import { afterEach, describe, expect, test } from "@jest/globals";
import { parseFault } from "../../../src/simulator/faults.ts";
import { type Simulator, startSimulator } from "../../../src/simulator/server.ts";
import { clientOf, KEYS, marketOrder, openExchange } from "../fixture.ts";

const ORDER = { ...marketOrder("buy", "SMR", { qty: "1" }), client_order_id: "one" };

describe("connection faults, in-process", () => {
  const setUp = (fault: string) => {
    const fixture = openExchange();
    const client = clientOf(fixture.exchange, { faults: [fault] });
    return { ...fixture, client, post: (order = ORDER) => client.request("POST", "/v2/orders", order) };
  };

  test.each([
    ["timeout-after-accept", 504, 1],
    ["error-after-accept", 500, 1],
    ["rate-limit:on=orders", 429, 0],
  ])("%s answers %i with %i orders at the venue", async (fault, status, orders) => {
    const { exchange, post } = setUp(fault);
    expect(await post()).toMatchObject({ status, json: { message: expect.any(String) } });
    expect(exchange.state.orders.size).toBe(orders);
  });

  test("unavailable-before-accept answers 503 with HTML, and the venue has seen nothing", async () => {
    const { exchange, post } = setUp("unavailable-before-accept");
    await expect(post()).rejects.toThrow(SyntaxError);
    expect(exchange.state.orders.size).toBe(0);
  });

  test.each([
    ["reset-before-accept", 0],
    ["reset-after-accept", 1],
    ["cut-body", 1],
  ])("%s fails the request with %i orders at the venue", async (fault, orders) => {
    const { exchange, post } = setUp(fault);
    await expect(post()).rejects.toThrow(TypeError);
    expect(exchange.state.orders.size).toBe(orders);
  });

  test("a fault after acceptance does not change a refusal, so a retry reveals that the order exists", async () => {
    const { exchange, post } = setUp("reset-after-accept");
    await expect(post()).rejects.toThrow(TypeError);
    expect(await post()).toMatchObject({ status: 422, json: { message: "client_order_id must be unique" } });
    expect(exchange.state.orders.size).toBe(1);
  });

  test.each([
    ["html", "<html>"],
    ["truncated", '{"id"'],
    ["empty", ""],
    ["null", "null"],
    ["types", '{"id":7'],
  ])("garbage-answer:body=%s answers 200 with an unusable body", async (body, beginning) => {
    const { client, exchange } = setUp(`garbage-answer:body=${body}`);
    const request = { method: "POST", url: "/v2/orders", headers: lowerCased(KEYS), body: JSON.stringify(ORDER) };
    const response = await client.venue.handle(request);
    expect(response).toMatchObject({ status: 200, body: expect.stringMatching(new RegExp(`^${beginning.replace(/[{]/g, "\\{")}`)) });
    expect(exchange.state.orders.size).toBe(1);
  });

  test("slow-answer makes the client wait on the venue's clock, after the request was processed", async () => {
    const { clock, exchange, post } = setUp("slow-answer:ms=3000");
    const reply = post();
    await clock.advance(2_999);
    expect(exchange.state.orders.size).toBe(1);
    expect((await clock.until(reply)).status).toBe(200);
    expect(clock.monotonic()).toBe(3_000);
  });

  test("rate-limit gives the reset time, unless header=no", async () => {
    const { clock, client } = setUp("rate-limit:reset=7");
    const limited = await client.request("GET", "/v2/account");
    expect(limited.headers.get("x-ratelimit-reset")).toBe(String(clock.now() / 1_000 + 7));
    client.venue.faults.clear();
    client.venue.faults.add(parseFault("rate-limit:header=no"));
    const silent = await client.request("GET", "/v2/account");
    expect([silent.status, silent.headers.get("x-ratelimit-reset")]).toEqual([429, null]);
  });

  test("hits only the selected requests", async () => {
    const { client, post } = setUp("error-after-accept:on=lookups");
    const { id } = (await post()).json as { id: string };
    expect((await client.request("GET", `/v2/orders/${id}`)).status).toBe(500);
    expect((await client.request("GET", "/v2/orders:by_client_order_id?client_order_id=one")).status).toBe(500);
    expect((await client.request("GET", "/v2/orders")).status).toBe(200);
    const other = setUp("error-after-accept:symbol=LEU");
    expect((await other.post()).status).toBe(200);
    expect((await other.post(marketOrder("buy", "LEU", { qty: "1" }) as typeof ORDER)).status).toBe(500);
  });
});

describe("connection faults, over a socket", () => {
  let simulator: Simulator;
  const start = async (fault: string): Promise<Response> => {
    simulator = await startSimulator({ alwaysOpen: true, faults: [fault] });
    return fetch(`${simulator.url}/v2/orders`, { method: "POST", headers: KEYS, body: JSON.stringify(ORDER) });
  };

  afterEach(() => simulator.close());

  test.each([
    ["reset-before-accept", 0],
    ["reset-after-accept", 1],
  ])("%s resets the connection with %i orders at the venue", async (fault, orders) => {
    await expect(start(fault)).rejects.toThrow(TypeError);
    expect(simulator.exchange.state.orders.size).toBe(orders);
  });

  test("cut-body announces a whole body and sends half of it", async () => {
    const response = await start("cut-body");
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow(TypeError);
  });

  test("unavailable-before-accept sends its HTML page", async () => {
    const response = await start("unavailable-before-accept");
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      503,
      "text/html",
      expect.stringContaining("<html>"),
    ]);
  });
});

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
