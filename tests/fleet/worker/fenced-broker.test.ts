import { describe, expect, test } from "@jest/globals";
import type { Broker, OrderRequest } from "../../../src/domain/broker.ts";
import { decimal } from "../../../src/domain/decimal.ts";
import { VirtualClock } from "../../../src/domain/virtual-clock.ts";
import { fenced, type Fence } from "../../../src/fleet/worker/fenced-broker.ts";

const REQUEST: OrderRequest = { clientOrderId: "alpaca-trader-x-buying-SMR-1", symbol: "SMR", side: "buy", notional: decimal("100") };

function ground(fence: Partial<Fence>) {
  const clock = new VirtualClock(0);
  const sent: string[] = [];
  const broker = {
    name: "venue",
    submit: ({ clientOrderId }: OrderRequest) => {
      sent.push(clientOrderId);
      return Promise.resolve({ kind: "exists", message: "" });
    },
    cancel: (id: string) => {
      sent.push(`cancel ${id}`);
      return Promise.resolve({ kind: "requested" });
    },
    positions: () => Promise.resolve([]),
  } as unknown as Broker;
  return { clock, sent, broker: fenced(broker, { settled: () => Promise.resolve(), mayLeave: () => true, ...fence }, clock) };
}

describe("a fenced broker", () => {
  test("sends an order after the barrier, and only then", async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const { sent, broker, clock } = ground({ settled: () => promise });
    const answer = broker.submit(REQUEST);
    await clock.advance(500);
    expect(sent).toEqual([]);
    resolve(undefined);
    await answer;
    expect(sent).toEqual([REQUEST.clientOrderId]);
  });

  test("says that an order was not sent when the barrier fails", async () => {
    const { sent, broker } = ground({ settled: () => Promise.reject(new Error("another worker has taken over this account.")) });
    expect(await broker.submit(REQUEST)).toMatchObject({
      kind: "not-sent",
      message: "Held back: another worker has taken over this account.",
    });
    expect(sent).toEqual([]);
  });

  test("does not send an order whose barrier takes longer than a second, also when it passes later", async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const { sent, broker, clock } = ground({ settled: () => promise });
    const answer = broker.submit(REQUEST);
    await clock.advance(1_001);
    expect(await answer).toMatchObject({ kind: "not-sent" });
    resolve(undefined);
    await clock.advance(10);
    expect(sent).toEqual([]);
  });

  test("sends nothing when the lease may be over, although the barrier has passed", async () => {
    const { sent, broker } = ground({ mayLeave: () => false });
    expect(await broker.submit(REQUEST)).toMatchObject({ kind: "not-sent" });
    expect(await broker.cancel("1")).toMatchObject({ kind: "unknown" });
    expect(sent).toEqual([]);
  });

  test("leaves everything else as it is", async () => {
    const { broker, sent } = ground({});
    expect([broker.name, await broker.positions(), await broker.cancel("1")]).toEqual(["venue", [], { kind: "requested" }]);
    expect(sent).toEqual(["cancel 1"]);
  });
});
