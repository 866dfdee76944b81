import { get } from "node:https";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { startSimulator } from "../../src/simulator/server.ts";
import { selfSigned } from "./certificate.ts";
import { KEYS } from "./fixture.ts";

test("with a certificate it is reached by https and wss", async () => {
  const tls = selfSigned();
  const simulator = await startSimulator({ tls });
  try {
    expect([simulator.url, simulator.streamUrl]).toEqual([
      `https://127.0.0.1:${String(simulator.port)}`,
      `wss://127.0.0.1:${String(simulator.port)}/stream`,
    ]);
    const [answer] = (await once(get(`${simulator.url}/v2/account`, { headers: KEYS, ca: tls.cert }), "response")) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    answer.resume();
    const socket = new WebSocket(simulator.streamUrl, { ca: tls.cert });
    await once(socket, "open");
    socket.send('{"action":"auth","key":"k","secret":"s"}');
    const [frame] = (await once(socket, "message")) as [Buffer];
    expect(JSON.parse(frame.toString())).toMatchObject({ data: { status: "authorized" } });
    socket.terminate();
  } finally {
    await simulator.close();
  }
});
