import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Broker, OrderUpdate } from "../../src/domain/broker.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { startSimulator, type Simulator } from "../../src/simulator/server.ts";
import type { VenueRequest } from "../../src/simulator/venue.ts";
import { addressesFor, brokerFor, eventually, TOKEN } from "./scripted-venue.ts";

let simulator: Simulator;
let requests: VenueRequest[];
let frames: string[];
let brokers: Broker[];

beforeEach(async () => {
  [requests, frames, brokers] = [[], [], []];
  const before = (request: VenueRequest): Promise<undefined> => Promise.resolve(void requests.push(request));
  simulator = await startSimulator({
    alwaysOpen: true,
    ackLatencyMs: 0,
    fillLatencyMs: 0,
    partialFillProbability: 0,
    prices: { SMR: "40" },
    credentials: { oauthToken: TOKEN },
    interceptor: { before },
  });
  const { venue } = simulator;
  const open = venue.openStream.bind(venue);
  venue.openStream = (send, close) => {
    const session = open(send, close);
    const receive = (frame: string | Uint8Array): void => {
      frames.push(typeof frame === "string" ? frame : new TextDecoder().decode(frame));
      session.receive(frame);
    };
    return { receive, closed: () => session.closed() };
  };
});

afterEach(async () => {
  for (const broker of brokers) await broker.close();
  await simulator.close();
});

function brokerWith(oauthToken: string): Broker {
  const broker = brokerFor(simulator.url, systemClock, { alpaca: { ...addressesFor(simulator.url), oauthToken } });
  brokers.push(broker);
  return broker;
}

describe("with an OAuth token", () => {
  test("trading, market data and the order stream work, and no key leaves", async () => {
    const broker = brokerWith(TOKEN);
    const updates: OrderUpdate[] = [];
    const stream = broker.watchOrders({ onUpdate: (update) => updates.push(update), onState: () => undefined });
    await eventually(() => stream.state === "listening");
    expect(await broker.account()).toMatchObject({ status: "ACTIVE" });
    expect((await broker.prices(["SMR"])).has("SMR")).toBe(true);
    const bought = await broker.submit({ clientOrderId: "at-1", symbol: "SMR", side: "buy", quantity: decimal("2") });
    expect(bought.kind).toBe("accepted");
    await eventually(() => updates.some(({ event }) => event === "fill"));
    expect((await broker.cancel(updates[0]?.order.id ?? "")).kind).toBe("ended");

    expect(requests.length).toBeGreaterThanOrEqual(4);
    for (const { headers } of requests) {
      expect(headers.authorization).toBe(`Bearer ${TOKEN}`);
      expect(Object.keys(headers).filter((name) => name.startsWith("apca-"))).toEqual([]);
    }
    expect(frames.map((frame) => JSON.parse(frame) as unknown)).toEqual([
      { action: "authenticate", data: { oauth_token: TOKEN } },
      { action: "listen", data: { streams: ["trade_updates"] } },
    ]);
  });

  test("the order stream authenticates with the token again after it was lost", async () => {
    const stream = brokerWith(TOKEN).watchOrders({ onUpdate: () => undefined, onState: () => undefined });
    await eventually(() => stream.state === "listening");
    simulator.venue.dropStreams();
    await eventually(() => stream.state === "lost");
    await systemClock.sleep(1_100);
    await eventually(() => stream.state === "listening");
    expect(frames.filter((frame) => frame.includes("oauth_token"))).toHaveLength(2);
  });

  test("a wrong one is refused by name, with a hint at its setting, and the stream says so", async () => {
    const broker = brokerWith("another-token");
    const states: string[] = [];
    broker.watchOrders({ onUpdate: () => undefined, onState: (state, detail) => states.push(`${state}: ${detail}`) });
    await expect(broker.account()).rejects.toMatchObject({
      failure: "unauthorized",
      message: "Alpaca paper refused the OAuth token while reading the account (HTTP 401: unauthorized).",
      hint: expect.stringContaining("Check ALPACA_PAPER_OAUTH_TOKEN") as unknown,
    });
    await eventually(() => states.includes("lost: the venue rejected the OAuth token"));
    const answer = await broker.submit({ clientOrderId: "at-1", symbol: "SMR", side: "buy", quantity: decimal("2") });
    expect(answer).toMatchObject({ kind: "refused", reason: "keys-refused" });
  });

  test("a refusal in live mode names the live setting", async () => {
    const clock = new VirtualClock(0);
    const alpaca = { ...addressesFor("https://api.alpaca.markets"), oauthToken: TOKEN };
    const refuse = (): Promise<Response> => Promise.resolve(Response.json({ message: "unauthorized." }, { status: 401 }));
    const broker = brokerFor("http://127.0.0.1:9", clock, { mode: "live", alpaca, fetch: refuse });
    brokers.push(broker);
    const hint = expect.stringContaining("Check ALPACA_OAUTH_TOKEN") as unknown;
    await expect(clock.until(broker.account())).rejects.toMatchObject({ hint });
  });
});
