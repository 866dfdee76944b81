import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { WebSocket, WebSocketServer } from "ws";
import type { Broker, OrderStream, OrderUpdate } from "../../src/domain/broker.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { brokerFor, eventually, KEY_ID, SECRET, wireOrder } from "./scripted-venue.ts";

const NOW = Date.parse("2026-03-16T14:30:00Z");

interface Frame {
  action: string;
  data: Record<string, unknown>;
}

/** The venue's end of one connection. */
class Peer {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];

  constructor(socket: WebSocket, onFrame: (peer: Peer, frame: Frame) => void) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      this.frames.push(frame);
      onFrame(this, frame);
    });
  }

  /** As Alpaca's paper venue sends: JSON in a binary frame. */
  send(stream: string, data: unknown): void {
    this.socket.send(Buffer.from(JSON.stringify({ stream, data })), { binary: true });
  }
}

function polite(peer: Peer, frame: Frame): void {
  if (frame.action === "authenticate") peer.send("authorization", { status: "authorized", action: "authenticate" });
  if (frame.action === "listen") peer.send("listening", { streams: frame.data.streams });
}

const silent = (): void => undefined;

let server: WebSocketServer;
let peers: Peer[];
let manner: (peer: Peer, frame: Frame) => void;
let url: string;
let clock: VirtualClock;
let broker: Broker;
let stream: OrderStream | undefined;
let states: string[];
let updates: OrderUpdate[];
let problems: string[];

beforeEach(async () => {
  peers = [];
  states = [];
  updates = [];
  problems = [];
  manner = polite;
  clock = new VirtualClock(NOW);
  server = new WebSocketServer({ port: 0, host: "127.0.0.1", path: "/stream", autoPong: true });
  server.on("connection", (socket) => peers.push(new Peer(socket, (peer, frame) => manner(peer, frame))));
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  broker = brokerFor(url, clock);
});

afterEach(async () => {
  await broker.close();
  if (clock.pending > 0) throw new Error("The test left a timer behind.");
  for (const client of server.clients) client.terminate();
  server.close();
});

function watch(): void {
  stream = broker.watchOrders({
    onUpdate: (update) => updates.push(update),
    onState: (state, detail) => states.push(detail === "" ? state : `${state}: ${detail}`),
    onProblem: (detail) => problems.push(detail),
  });
}

async function listen(): Promise<Peer> {
  watch();
  await clock.advance(0);
  await eventually(() => stream!.state === "listening");
  return peers.at(-1)!;
}

describe("the stream of order updates", () => {
  test("authenticates, subscribes once to trade updates, and listens when the venue acknowledges it", async () => {
    const peer = await listen();
    expect(peer.frames).toEqual([
      { action: "authenticate", data: { key_id: KEY_ID, secret_key: SECRET } },
      { action: "listen", data: { streams: ["trade_updates"] } },
    ]);
    expect(states).toEqual(["connecting", "listening"]);
  });

  test("does not listen before the acknowledgement, nor on one without trade updates", async () => {
    manner = (peer, frame) => {
      if (frame.action === "authenticate") polite(peer, frame);
      else peer.send("listening", { streams: [] });
    };
    watch();
    await clock.advance(0);
    await eventually(() => problems.length === 1);
    expect(stream!.state).toBe("connecting");
  });

  test("passes on updates from binary and text frames, in order of arrival", async () => {
    const peer = await listen();
    const fill = {
      event: "fill",
      timestamp: "2026-03-16T14:30:01.123456Z",
      price: "20.5",
      qty: "1.5",
      execution_id: "x-1",
      order: wireOrder({ status: "filled", filled_qty: "1.5" }),
    };
    peer.send("trade_updates", fill);
    peer.socket.send(
      JSON.stringify({ stream: "trade_updates", data: { event: "new", at: "2026-03-16T14:30:00Z", order: wireOrder({ status: "new" }) } }),
    );
    await eventually(() => updates.length === 2);
    expect(updates).toMatchObject([
      { event: "fill", executionId: "x-1", at: NOW + 1_123, order: { status: "filled" } },
      { event: "new", executionId: undefined, at: NOW, order: { status: "new" } },
    ]);
    expect(updates[0]!.quantity?.toFixed()).toBe("1.5");
  });

  test("survives unknown messages", async () => {
    const peer = await listen();
    peer.socket.send("{");
    peer.socket.send('"text"');
    peer.send("trade_updates", { event: "fill" });
    peer.send("trade_updates", { event: "fill", order: { id: "1" } });
    peer.socket.send(JSON.stringify({ action: "error", data: { error_message: `slow down, ${SECRET}` } }));
    peer.send("a_stream_of_next_year", {});
    peer.send("trade_updates", { event: "accepted", order: wireOrder() });
    await eventually(() => updates.length === 1);
    expect(problems).toHaveLength(5);
    expect(problems.join()).not.toContain(SECRET);
    expect(stream!.state).toBe("listening");
  });

  test("reports a failing listener, and continues", async () => {
    let failures = 0;
    stream = broker.watchOrders({
      onUpdate: () => {
        failures++;
        throw new Error("no room");
      },
      onState: () => undefined,
      onProblem: (detail) => problems.push(detail),
    });
    await clock.advance(0);
    await eventually(() => stream!.state === "listening");
    for (let sent = 0; sent < 2; sent++) peers[0]!.send("trade_updates", { event: "new", order: wireOrder() });
    await eventually(() => failures === 2);
    expect(problems).toEqual(["the listener failed: no room", "the listener failed: no room"]);
  });
});

describe("a stream that breaks", () => {
  test("listens again a second after the venue dropped it", async () => {
    const peer = await listen();
    peer.socket.terminate();
    await eventually(() => stream!.state === "lost");
    await clock.advance(999);
    expect(peers).toHaveLength(1);
    await clock.advance(1);
    await eventually(() => stream!.state === "listening");
    expect(states).toEqual(["connecting", "listening", "lost: the connection was closed", "connecting", "listening"]);
  });

  test("restarts when its authentication is not answered for 10 s", async () => {
    manner = silent;
    watch();
    await clock.advance(0);
    await eventually(() => peers[0]?.frames.length === 1);
    await clock.advance(9_999);
    expect(stream!.state).toBe("connecting");
    manner = polite;
    await clock.advance(1_001);
    await eventually(() => stream!.state === "listening");
    expect(states[1]).toBe("lost: nothing was acknowledged within 10 s");
    expect(peers).toHaveLength(2);
    await eventually(() => server.clients.size === 1);
  });

  test("restarts when its subscription is not acknowledged for 10 s", async () => {
    manner = (peer, frame) => frame.action === "authenticate" && polite(peer, frame);
    watch();
    await clock.advance(0);
    await eventually(() => peers[0]?.frames.length === 2);
    await clock.advance(10_000);
    expect(stream!.state).toBe("lost");
  });

  test("waits at least half a minute after its keys were rejected, and does not give up", async () => {
    manner = (peer) => peer.send("authorization", { status: "unauthorized", action: "authenticate" });
    watch();
    await clock.advance(0);
    await eventually(() => stream!.state === "lost");
    expect(states.at(-1)).toBe("lost: the venue rejected the keys");
    await clock.advance(29_999);
    expect(peers).toHaveLength(1);
    manner = polite;
    await clock.advance(1);
    await eventually(() => stream!.state === "listening");
  });

  test("counts as dead when a ping is not answered within 5 s", async () => {
    let pongs = 0;
    await broker.close();
    broker = brokerFor(url, clock, {
      createSocket: (target) => new WebSocket(target).on("pong", () => pongs++),
    });
    const peer = await listen();
    await clock.advance(10_000);
    await eventually(() => pongs === 1);
    await clock.advance(5_000);
    expect(stream!.state).toBe("listening");
    peer.socket.pause();
    await clock.advance(10_000);
    await clock.advance(0);
    expect(states.at(-1)).toBe("lost: no answer to a ping within 5 s");
  });

  test("waits twice as long after each failure, up to about a minute", async () => {
    const sockets: number[] = [];
    const refusing = brokerFor("http://127.0.0.1:9", clock, {
      createSocket: () => {
        sockets.push(clock.monotonic());
        throw new Error("Unexpected server response: 429");
      },
    });
    refusing.watchOrders({ onUpdate: () => undefined, onState: (state, detail) => states.push(`${state}: ${detail}`) });
    await clock.advance(250_000);
    expect(sockets).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000, 127_000, 191_000]);
    expect(states[1]).toBe("lost: Unexpected server response: 429");
    await refusing.close();
  });

  test("spreads its pauses by the given randomness", async () => {
    const sockets: number[] = [];
    const refusing = brokerFor("http://127.0.0.1:9", clock, {
      random: () => 1,
      createSocket: () => {
        sockets.push(clock.monotonic());
        throw new Error("no");
      },
    });
    refusing.watchOrders({ onUpdate: () => undefined, onState: () => undefined });
    await clock.advance(1_200);
    expect(sockets).toEqual([0, 1_200]);
    await refusing.close();
  });
});

describe("a stream that is closed", () => {
  test.each(["listening", "connecting", "lost"])("while %s leaves no timer and no socket, and says so once", async (phase) => {
    if (phase === "connecting") manner = silent;
    watch();
    await clock.advance(0);
    await eventually(() => peers[0]?.frames.length === (phase === "connecting" ? 1 : 2));
    if (phase !== "connecting") await eventually(() => stream!.state === "listening");
    if (phase === "lost") {
      peers[0]!.socket.terminate();
      await eventually(() => stream!.state === "lost");
    }
    stream!.close();
    stream!.close();
    expect(clock.pending).toBe(0);
    await eventually(() => server.clients.size === 0);
    expect(states.filter((state) => state.startsWith("closed"))).toHaveLength(1);
    expect(states.at(-1)).toBe("closed: closed by this program");
  });

  test("before it began never connects", async () => {
    watch();
    stream!.close();
    await clock.advance(60_000);
    expect(peers).toEqual([]);
  });
});
