import { describe, expect, test } from "@jest/globals";
import { clientOf, holding, limitOrder, marketOrder, openExchange } from "../fixture.ts";

const setUp = (fault: string) => {
  const fixture = openExchange({ positions: [holding("LEU", "10", "190")] });
  return { ...fixture, client: clientOf(fixture.exchange, { faults: [fault] }) };
};
const BUY = { ...marketOrder("buy", "SMR", { qty: "1" }), client_order_id: "one" };
const statusOf = (reply: { json: unknown }): string => (reply.json as { status: string }).status;

describe("faults of orders", () => {
  test("asynchronous-reject accepts the order, then rejects it before any fill", async () => {
    const { clock, client, updates } = setUp("asynchronous-reject:ms=200");
    expect(statusOf(await client.request("POST", "/v2/orders", BUY))).toBe("pending_new");
    await clock.advance(1_000);
    expect(updates.map(({ event }) => event)).toEqual(["pending_new", "new", "rejected"]);
    expect(statusOf(await client.request("GET", "/v2/orders:by_client_order_id?client_order_id=one"))).toBe("rejected");
  });

  test("asynchronous-reject of one side does not affect the other", async () => {
    const { clock, client, exchange } = setUp("asynchronous-reject:side=sell");
    await client.request("POST", "/v2/orders", BUY);
    await client.request("POST", "/v2/orders", marketOrder("sell", "LEU", { qty: "1" }));
    await clock.advance(1_000);
    expect([...exchange.state.orders.values()].map(({ side, status }) => `${side} ${status}`)).toEqual(["buy filled", "sell rejected"]);
  });

  test("stuck-order is never filled, can be cancelled, and fills once the fault is over", async () => {
    const { clock, client, exchange } = setUp("stuck-order:for=60");
    await client.request("POST", "/v2/orders", BUY);
    const cancelled = (await client.request("POST", "/v2/orders", marketOrder("sell", "LEU", { qty: "1" }))).json as { id: string };
    await clock.advance(30_000);
    await client.request("DELETE", `/v2/orders/${cancelled.id}`);
    await clock.advance(100);
    const states = (): string[] => [...exchange.state.orders.values()].map(({ status, symbol }) => `${symbol} ${status}`);
    expect(states()).toEqual(["SMR new", "LEU canceled"]);
    await clock.advance(31_000);
    expect(states()).toEqual(["SMR filled", "LEU canceled"]);
  });

  test("stuck-cancel stays pending_cancel until the fault is removed", async () => {
    const { clock, client } = setUp("stuck-cancel");
    const { id } = (await client.request("POST", "/v2/orders", limitOrder("buy", "SMR", "1", "30"))).json as { id: string };
    await clock.advance(100);
    expect((await client.request("DELETE", `/v2/orders/${id}`)).status).toBe(204);
    await clock.advance(600_000);
    expect(statusOf(await client.request("GET", `/v2/orders/${id}`))).toBe("pending_cancel");
    await client.request("DELETE", "/simulator/faults/stuck-cancel");
    await clock.advance(1_000);
    expect(statusOf(await client.request("GET", `/v2/orders/${id}`))).toBe("canceled");
  });

  test("insufficient-buying-power refuses buys in the venue's words, and no sell", async () => {
    const { client, exchange } = setUp("insufficient-buying-power:times=1");
    const refused = await client.request("POST", "/v2/orders", marketOrder("buy", "SMR", { notional: "500" }));
    const body = { buying_power: "15", code: 40310000, cost_basis: "500", message: "insufficient buying power" };
    expect(refused).toMatchObject({ status: 403, json: body });
    expect((await client.request("POST", "/v2/orders", marketOrder("sell", "LEU", { qty: "1" }))).status).toBe(200);
    expect((await client.request("POST", "/v2/orders", BUY)).status).toBe(200);
    expect(exchange.state.orders.size).toBe(2);
  });

  test("look-up-misses hides a new order only from the lookup by client id", async () => {
    const { clock, client } = setUp("look-up-misses:lag=5");
    const { id } = (await client.request("POST", "/v2/orders", BUY)).json as { id: string };
    const lookUp = async (): Promise<number> => (await client.request("GET", "/v2/orders:by_client_order_id?client_order_id=one")).status;
    expect([await lookUp(), (await client.request("GET", `/v2/orders/${id}`)).status]).toEqual([404, 200]);
    await clock.advance(4_999);
    expect(await lookUp()).toBe(404);
    await clock.advance(1);
    expect(await lookUp()).toBe(200);
  });
});

describe("stale lists", () => {
  const reading = (client: ReturnType<typeof clientOf>) => async (): Promise<{ cash: string; held: string[]; open: number }> => {
    const { cash } = (await client.request("GET", "/v2/account")).json as { cash: string };
    const positions = (await client.request("GET", "/v2/positions")).json as { symbol: string }[];
    const orders = (await client.request("GET", "/v2/orders?status=open")).json as unknown[];
    return { cash, held: positions.map(({ symbol }) => symbol), open: orders.length };
  };

  test("show old account, positions and orders, while an order by its id is up to date", async () => {
    const { clock, client } = setUp("stale-lists:lag=10,exact=yes");
    const read = reading(client);
    const { id } = (await client.request("POST", "/v2/orders", BUY)).json as { id: string };
    await clock.advance(1_000);
    expect(await read()).toEqual({ cash: "100000", held: ["LEU"], open: 0 });
    expect(statusOf(await client.request("GET", `/v2/orders/${id}`))).toBe("filled");
    await clock.advance(9_010);
    expect(await read()).toEqual({ cash: "100000", held: ["LEU"], open: 1 });
    await clock.advance(100);
    expect(await read()).toEqual({ cash: "99959.99", held: ["LEU", "SMR"], open: 0 });
  });

  test("may be limited to one list, which makes the snapshot inconsistent", async () => {
    const { clock, client } = setUp("stale-lists:of=positions,lag=10,exact=yes");
    await client.request("POST", "/v2/orders", BUY);
    await clock.advance(1_000);
    expect(await reading(client)()).toEqual({ cash: "99959.99", held: ["LEU"], open: 0 });
  });

  test("have any age up to the lag by default", async () => {
    const { clock, client } = setUp("stale-lists:lag=10,of=account");
    await clock.advance(20_000);
    await client.request("POST", "/v2/orders", BUY);
    await clock.advance(5_000);
    const seen = new Set<string>();
    for (let turn = 0; turn < 20; turn++) seen.add((await reading(client)()).cash);
    expect(seen).toEqual(new Set(["100000", "99959.99"]));
    await clock.advance(10_000);
    expect((await reading(client)()).cash).toBe("99959.99");
  });
});
