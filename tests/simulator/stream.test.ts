import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Simulator, startSimulator } from "../../src/simulator/server.ts";
import { clientOf, marketOrder, openExchange } from "./fixture.ts";
import { connect, type SocketClient } from "./socket.ts";

const LISTEN = { action: "listen", data: { streams: ["trade_updates"] } };
const AUTHENTICATE = { action: "authenticate", data: { key_id: "key", secret_key: "secret" } };
const AUTHORIZED = { stream: "authorization", data: { action: "authenticate", status: "authorized" } };
const LISTENING = { stream: "listening", data: { streams: ["trade_updates"] } };

describe("the trade-updates stream over a websocket", () => {
  let simulator: Simulator;
  let client: SocketClient;

  beforeEach(async () => {
    simulator = await startSimulator({
      alwaysOpen: true,
      ackLatencyMs: 0,
      fillLatencyMs: 0,
      credentials: { keyId: "key", secret: "secret" },
      partialFillProbability: 0,
    });
    client = await connect(simulator.streamUrl);
  });

  afterEach(async () => {
    client.socket.terminate();
    await simulator.close();
  });

  const fillOne = (): Promise<void> =>
    new Promise((resolve) => {
      simulator.exchange.onTradeUpdate(({ event }) => {
        if (event === "fill") resolve();
      });
      simulator.exchange.submit(marketOrder("buy", "SMR", { qty: "2" }));
    });
  const messages = (): unknown[] => client.frames.map(({ message }) => message);

  test("is at the same path with a slash at its end, and at no other", async () => {
    const other = await connect(`${simulator.streamUrl}/`);
    other.send(AUTHENTICATE);
    expect(await other.until(({ stream }) => stream === "authorization")).toEqual(AUTHORIZED);
    other.socket.terminate();
    await expect(connect(`${simulator.streamUrl}s`)).rejects.toThrow("400");
  });

  test("speaks binary frames with JSON in them", async () => {
    client.send(AUTHENTICATE);
    client.send(LISTEN);
    await client.until(({ stream }) => stream === "listening");
    expect(client.frames).toEqual([
      { binary: true, message: AUTHORIZED },
      { binary: true, message: LISTENING },
    ]);
  });

  test("accepts the newer authentication format too", async () => {
    client.send({ action: "auth", key: "key", secret: "secret" });
    expect(await client.until(({ stream }) => stream === "authorization")).toEqual(AUTHORIZED);
  });

  test("refuses a token where keys are expected, and keys that come with a token", async () => {
    client.send({ action: "authenticate", data: { oauth_token: "token" } });
    client.send({ action: "authenticate", data: { ...AUTHENTICATE.data, oauth_token: "token" } });
    await client.until(() => client.frames.length === 2);
    const refused = { stream: "authorization", data: { action: "authenticate", status: "unauthorized" } };
    expect(messages()).toEqual([refused, refused]);
  });

  test("refuses wrong keys, and a listen before authentication", async () => {
    client.send(LISTEN);
    client.send({ action: "auth", key: "key", secret: "wrong" });
    await client.until(({ data }) => (data as { action: string }).action === "authenticate");
    expect(messages()).toEqual([
      { stream: "authorization", data: { action: "listen", status: "unauthorized" } },
      { stream: "authorization", data: { action: "authenticate", status: "unauthorized" } },
    ]);
  });

  test("tolerates the same listen twice and sends each update once", async () => {
    client.send(AUTHENTICATE);
    client.send(LISTEN);
    client.send(LISTEN);
    await client.until(() => client.frames.length >= 3);
    simulator.exchange.submit(marketOrder("buy", "SMR", { qty: "2" }));
    await client.until(({ data }) => (data as { event?: string }).event === "fill");
    const events = client.frames.map(({ message }) => (message.data as { event?: string }).event).filter((event) => event !== undefined);
    expect(events).toEqual(["pending_new", "new", "fill"]);
  });

  test("replaces the set of streams with each listen, so an empty one stops the updates", async () => {
    client.send(AUTHENTICATE);
    client.send(LISTEN);
    client.send({ action: "listen", data: { streams: [] } });
    await client.until(() => client.frames.length >= 3);
    await fillOne();
    client.send(LISTEN);
    await client.until(() => client.frames.length >= 4);
    expect(messages().slice(1)).toEqual([LISTENING, { stream: "listening", data: { streams: [] } }, LISTENING]);
  });

  test("answers an unreadable frame with an error and stays open", async () => {
    client.send("nonsense");
    client.send(AUTHENTICATE);
    await client.until(({ stream }) => stream === "authorization");
    expect(messages()[0]).toEqual({ action: "error", data: { error_message: "invalid action" } });
  });

  test("can be dropped by the venue, and replays nothing after a reconnect", async () => {
    client.send(AUTHENTICATE);
    client.send(LISTEN);
    await client.until(({ stream }) => stream === "listening");
    simulator.venue.dropStreams();
    await client.closed;
    await fillOne();
    const back = await connect(simulator.streamUrl);
    back.send(AUTHENTICATE);
    back.send(LISTEN);
    await back.until(({ stream }) => stream === "listening");
    expect(back.frames).toHaveLength(2);
    back.socket.terminate();
  });

  test("does not keep the server from closing", async () => {
    await fetch(`${simulator.url}/v2/clock`);
    await simulator.close();
    await client.closed;
    await expect(fetch(`${simulator.url}/v2/clock`)).rejects.toThrow("fetch failed");
  });
});

test("a port in use fails the start, and leaves nothing behind", async () => {
  const simulator = await startSimulator({ alwaysOpen: true });
  await expect(startSimulator({ port: simulator.port })).rejects.toThrow("EADDRINUSE");
  await simulator.close();
});

describe("the trade-updates stream without sockets", () => {
  test("can lose, double and corrupt frames under a fault", async () => {
    const { clock, exchange } = openExchange();
    const { venue } = clientOf(exchange, { interceptor: { frame: (frame) => (frame.includes('"event":"fill"') ? [] : [frame, frame]) } });
    const events: unknown[] = [];
    const session = venue.openStream(
      (frame) => events.push((JSON.parse(frame) as { data: { event?: string } }).data.event),
      () => events.push("dropped"),
    );
    session.receive(JSON.stringify(AUTHENTICATE));
    session.receive(new TextEncoder().encode(JSON.stringify(LISTEN)));
    exchange.submit(marketOrder("buy", "SMR", { qty: "1" }));
    await clock.advance(100);
    venue.dropStreams();
    expect(events.slice(2)).toEqual(["pending_new", "pending_new", "new", "new", "dropped"]);
  });

  test("forgets a disconnected client", async () => {
    const { clock, exchange } = openExchange();
    const { venue } = clientOf(exchange);
    const frames: string[] = [];
    const session = venue.openStream(
      (frame) => frames.push(frame),
      () => undefined,
    );
    session.receive(JSON.stringify(AUTHENTICATE));
    session.receive(JSON.stringify(LISTEN));
    session.closed();
    exchange.submit(marketOrder("buy", "SMR", { qty: "1" }));
    await clock.advance(100);
    expect(frames).toHaveLength(2);
  });
});
