import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { decode, encode } from "@msgpack/msgpack";
import { WebSocket } from "ws";
import { type Simulator, startSimulator } from "../../../src/simulator/server.ts";
import { AUTH, AUTHENTICATED, CONNECTED, type Message } from "./data-client.ts";

interface SocketReader {
  readonly socket: WebSocket;
  /** The next frame. */
  next(): Promise<{ readonly binary: boolean; readonly data: Buffer }>;
}

/** A client that reads frames from the first one on. */
function open(simulator: Simulator, path: string, headers: Record<string, string> = {}): SocketReader {
  const socket = new WebSocket(`${simulator.url.replace("http", "ws")}${path}`, { headers });
  const frames: { binary: boolean; data: Buffer }[] = [];
  const waiting: (() => void)[] = [];
  socket.on("message", (data: Buffer, binary) => {
    frames.push({ binary, data });
    waiting.shift()?.();
  });
  return {
    socket,
    async next() {
      if (frames.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      return frames.shift()!;
    },
  };
}

describe("a market-data stream over a websocket", () => {
  let simulator: Simulator;
  let client: SocketReader;

  beforeEach(async () => {
    simulator = await startSimulator({ alwaysOpen: true, ticking: true, sip: true });
  });

  afterEach(async () => {
    client.socket.terminate();
    await simulator.close();
  });

  const messagesIn = async (): Promise<Message[]> => JSON.parse((await client.next()).data.toString()) as Message[];

  test("speaks JSON in text frames, unless its client asks for something else", async () => {
    client = open(simulator, "/v2/iex");
    const first = await client.next();
    expect(first.binary).toBe(false);
    expect(first.data.toString()).toBe('[{"T":"success","msg":"connected"}]');
    client.socket.send(JSON.stringify(AUTH));
    expect(await messagesIn()).toEqual([AUTHENTICATED]);
    client.socket.send(JSON.stringify({ action: "subscribe", trades: ["SMR"] }));
    expect(await messagesIn()).toMatchObject([{ T: "subscription", trades: ["SMR"] }]);
    simulator.exchange.setPrice("SMR", "41.5");
    expect(await messagesIn()).toMatchObject([{ T: "t", S: "SMR", p: 41.5, s: 100, x: "V", c: ["@"], z: "A" }]);
  });

  test("speaks MessagePack with timestamps and the type as first key", async () => {
    client = open(simulator, "/v2/sip", { "content-type": "application/msgpack" });
    const first = await client.next();
    expect([first.binary, decode(first.data)]).toEqual([true, [CONNECTED]]);
    client.socket.send(encode(AUTH));
    expect(decode((await client.next()).data)).toEqual([AUTHENTICATED]);
    client.socket.send(encode({ action: "subscribe", quotes: ["SMR"] }));
    expect(decode((await client.next()).data)).toMatchObject([{ T: "subscription", quotes: ["SMR"] }]);
    const before = simulator.exchange.clock.now();
    simulator.exchange.setQuote("SMR", "41", "42.25");
    const [quote] = decode((await client.next()).data) as Record<string, unknown>[];
    expect(Object.keys(quote!)[0]).toBe("T");
    expect(quote).toMatchObject({ T: "q", S: "SMR", bp: 41, ap: 42.25, c: ["R"] });
    expect(Math.abs((quote!.t as Date).getTime() - before)).toBeLessThan(60_000);
    client.socket.send(Buffer.from([0xc1]));
    expect(decode((await client.next()).data)).toEqual([{ T: "error", code: 400, msg: "invalid syntax" }]);
  });

  test("takes a message in several fragments, and messages sent before its own greeting", async () => {
    client = open(simulator, "/v2/iex/", { "content-type": "application/msgpack" });
    client.socket.on("open", () => {
      const bytes = encode(AUTH);
      client.socket.send(bytes.subarray(0, 9), { fin: false });
      client.socket.send(bytes.subarray(9), { fin: true });
    });
    expect(decode((await client.next()).data)).toEqual([CONNECTED]);
    expect(decode((await client.next()).data)).toEqual([AUTHENTICATED]);
  });

  test.each(["/v2/sip", "/v2/iex", "/v2/delayed_sip", "/v2/test", "/v1beta1/boats", "/v1beta1/overnight"])("is at %s", async (path) => {
    client = open(simulator, path, { "APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret" });
    expect(await messagesIn()).toEqual([CONNECTED]);
    expect(await messagesIn()).toEqual([AUTHENTICATED]);
  });

  test("is at no other path", async () => {
    client = open(simulator, "/v2/crypto");
    await expect(new Promise((_resolve, reject) => client.socket.on("error", reject))).rejects.toThrow("400");
  });

  test("frees its place when its client goes, and ends with the venue", async () => {
    const headers = { "APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret" };
    client = open(simulator, "/v2/iex", headers);
    await client.next();
    await client.next();
    client.socket.terminate();
    const gone = new Promise((resolve) => client.socket.on("close", resolve));
    await gone;
    let answer: Message[] = [];
    for (let attempt = 0; attempt < 50 && answer[0]?.msg !== "authenticated"; attempt++) {
      client = open(simulator, "/v2/iex", headers);
      await client.next();
      answer = await messagesIn();
      if (answer[0]?.msg !== "authenticated") client.socket.terminate();
    }
    expect(answer).toEqual([AUTHENTICATED]);
    const closed = new Promise((resolve) => client.socket.on("close", resolve));
    await simulator.close();
    await closed;
  });
});
