import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Broker, Order, OrderUpdate } from "../../src/domain/broker.ts";
import { isTerminal } from "../../src/domain/broker.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { Simulator } from "../../src/simulator/server.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { brokerFor, eventually } from "./scripted-venue.ts";

let simulator: Simulator;
let broker: Broker;

beforeEach(async () => {
  simulator = await startSimulator({
    alwaysOpen: true,
    ackLatencyMs: 0,
    fillLatencyMs: 0,
    partialFillProbability: 0,
    prices: { AAPL: "200" },
    positions: [{ symbol: "AAPL", quantity: decimal("2.5"), averagePrice: decimal("150") }],
  });
  broker = brokerFor(simulator.url, systemClock, { name: "simulator", mode: "simulator" });
});

afterEach(async () => {
  await broker.close();
  await simulator.close();
});

async function untilOver(id: string): Promise<Order> {
  for (let turn = 0; turn < 100; turn++) {
    const order = await broker.orderById(id);
    if (order !== undefined && isTerminal(order.status)) return order;
  }
  throw new Error("The order never ended.");
}

describe("at a simulated venue", () => {
  test("every read of the port works", async () => {
    expect(await broker.account()).toMatchObject({ status: "ACTIVE", blocks: [] });
    const positions = await broker.positions();
    expect(positions.map(({ symbol, quantity }) => [symbol, quantity.toFixed()])).toEqual([["AAPL", "2.5"]]);
    expect(await broker.openOrders()).toEqual([]);
    expect(await broker.asset("AAPL")).toMatchObject({ tradable: true, fractionable: true });
    expect(await broker.asset("NOSUCH")).toBeUndefined();
    expect(await broker.orderByClientId("never-sent")).toBeUndefined();
    expect(await broker.marketClock()).toMatchObject({ isOpen: true });
    expect((await broker.calendar("2026-03-13", "2026-03-17")).map(({ date }) => date)).toEqual(["2026-03-13", "2026-03-16", "2026-03-17"]);
    const prices = await broker.prices(["AAPL", "NOSUCH"]);
    expect([...prices.keys()]).toEqual(["AAPL"]);
    expect(prices.get("AAPL")?.trade?.price.toFixed()).toBe("200");
  });

  test("an order is accepted, filled, reported on the stream, and found by every lookup", async () => {
    const since = systemClock.now() - 1_000;
    const updates: OrderUpdate[] = [];
    const stream = broker.watchOrders({ onUpdate: (update) => updates.push(update), onState: () => undefined });
    await eventually(() => stream.state === "listening");
    const answer = await broker.submit({ clientOrderId: "at-1", symbol: "AAPL", side: "sell", quantity: decimal("2.5") });
    expect(answer.kind).toBe("accepted");
    const found = await broker.orderByClientId("at-1");
    const filled = await untilOver(found!.id);
    expect([filled.status, filled.filledQuantity.toFixed()]).toEqual(["filled", "2.5"]);
    await eventually(() => updates.some(({ event }) => event === "fill"));
    expect((await broker.ordersSince(since, ["AAPL"])).map(({ clientOrderId }) => clientOrderId)).toEqual(["at-1"]);
    expect((await broker.fillsSince(since)).map(({ orderId }) => orderId)).toEqual([filled.id]);
    expect(await broker.positions()).toEqual([]);
    expect((await broker.cancel(filled.id)).kind).toBe("ended");
    expect((await broker.cancel("00000000-0000-4000-8000-000000000000")).kind).toBe("not-found");
  });

  test("the same client order id never makes two orders", async () => {
    const request = { clientOrderId: "at-2", symbol: "AAPL", side: "buy", notional: decimal("10.01") } as const;
    expect((await broker.submit(request)).kind).toBe("accepted");
    expect((await broker.submit(request)).kind).toBe("exists");
  });

  test("refusals are distinguished", async () => {
    const submit = async (amount: object, symbol = "AAPL"): Promise<string> => {
      const answer = await broker.submit({ clientOrderId: JSON.stringify(amount) + symbol, symbol, side: "buy", ...amount });
      return answer.kind === "refused" ? answer.reason : answer.kind;
    };
    expect(await submit({ notional: decimal("9000000") })).toBe("insufficient-buying-power");
    expect(await submit({ notional: decimal("0.5") })).toBe("below-minimum");
    expect(await submit({ notional: decimal("5") }, "NOSUCH")).toBe("unknown-asset");
  });
});
