import { describe, expect, test } from "@jest/globals";
import { startSimulator } from "../../src/simulator/server.ts";
import { type Interceptor } from "../../src/simulator/venue.ts";
import { fetchFor } from "./in-process-fetch.ts";
import { clientOf, KEYS, marketOrder, openExchange } from "./fixture.ts";

const ORDER = marketOrder("buy", "SMR", { qty: "1" });
const cutting = (cut: "connection" | "body"): Interceptor => ({
  after: (request, response) => Promise.resolve(request.method === "POST" ? { ...response, cut } : response),
});

describe("an interceptor", () => {
  test("may answer instead of the venue, and then nothing is processed", async () => {
    const { exchange } = openExchange();
    const client = clientOf(exchange, { interceptor: { before: () => Promise.resolve({ status: 504, headers: {}, body: "{}" }) } });
    expect((await client.request("POST", "/v2/orders", ORDER)).status).toBe(504);
    expect(exchange.state.orders.size).toBe(0);
  });

  test("may replace the answer to a processed request", async () => {
    const { exchange } = openExchange();
    const client = clientOf(exchange, { interceptor: { after: () => Promise.resolve({ status: 504, headers: {}, body: "{}" }) } });
    expect((await client.request("POST", "/v2/orders", ORDER)).status).toBe(504);
    expect(exchange.state.orders.size).toBe(1);
  });

  test("may delay it on the clock", async () => {
    const { clock, exchange } = openExchange();
    const client = clientOf(exchange, { interceptor: { before: () => clock.sleep(5_000).then(() => undefined) } });
    const reply = client.request("GET", "/v2/clock");
    expect((await clock.until(reply)).json).toMatchObject({ timestamp: "2025-07-14T11:00:05-04:00" });
  });

  test.each(["connection", "body"] as const)("may cut the %s, in-process and over a socket, after the order was accepted", async (cut) => {
    const { exchange } = openExchange();
    const client = clientOf(exchange, { interceptor: cutting(cut) });
    await expect(client.request("POST", "/v2/orders", ORDER)).rejects.toThrow(TypeError);
    expect(exchange.state.orders.size).toBe(1);

    const simulator = await startSimulator({ alwaysOpen: true, interceptor: cutting(cut) });
    const sent = fetch(`${simulator.url}/v2/orders`, { method: "POST", headers: KEYS, body: JSON.stringify(ORDER) }).then((reply) =>
      reply.text(),
    );
    await expect(sent).rejects.toThrow(TypeError);
    expect(simulator.exchange.state.orders.size).toBe(1);
    await simulator.close();
  });

  test("is not needed for an answer within one turn, so virtual time need not move", async () => {
    const { clock, exchange } = openExchange();
    const reply = await clock.until(clientOf(exchange).request("GET", "/v2/account"));
    expect(reply.status).toBe(200);
    expect(clock.monotonic()).toBe(0);
  });

  test("cannot keep an aborted request from failing at once", async () => {
    const { clock, exchange } = openExchange();
    const { venue } = clientOf(exchange, { interceptor: { before: () => clock.sleep(60_000).then(() => undefined) } });
    const abort = new AbortController();
    const reply = fetchFor(venue)("http://venue/v2/clock", { headers: KEYS, signal: abort.signal });
    abort.abort(new Error("given up"));
    await expect(reply).rejects.toThrow("given up");
  });
});
