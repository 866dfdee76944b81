import type { Server } from "node:http";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { DelayLine } from "./delay-line.ts";
import { machineMs } from "./machine-time.ts";

const BODY = Array.from({ length: 100_000 }, (_, index) => String(index)).join(" ");

let server: Server;
let line: DelayLine;
let agent: Agent;

beforeEach(async () => {
  server = createServer((asked, response) => response.end(`${asked.method ?? ""} ${asked.url ?? ""} ${BODY}`));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  line = await DelayLine.open((server.address() as AddressInfo).port);
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
});

afterEach(async () => {
  agent.destroy();
  await line.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** @param onFirst called with the first piece of the answer. @returns the answer, and how long it took in milliseconds. */
function ask(path: string, method = "GET", onFirst: () => void = () => undefined): Promise<{ text: string; ms: number }> {
  const start = machineMs();
  return new Promise((resolve, reject) => {
    const sent = request(`${line.url}${path}`, { method, agent }, (response) => {
      let text = "";
      response.once("data", onFirst);
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ text, ms: machineMs() - start }));
    });
    sent.on("error", reject).end();
  });
}

describe("a line of a set length", () => {
  test("takes a round trip for an answer over an open connection, and one more for a new one", async () => {
    line.roundTripMs = 60;
    expect((await ask("/first")).ms).toBeGreaterThanOrEqual(118);
    expect((await ask("/second")).ms).toBeGreaterThanOrEqual(58);
  });

  test("brings every byte in its order, also when its length changes in the middle of an answer", async () => {
    line.roundTripMs = 20;
    const { text } = await ask("/slow", "GET", () => (line.roundTripMs = 0));
    expect(text).toBe(`GET /slow ${BODY}`);
  });

  test("keeps a record of the requests as they leave, once, without the stream's handshake", async () => {
    line.roundTripMs = 40;
    const start = machineMs();
    await ask("/v2/orders?status=open");
    await ask("/v2/orders", "POST");
    await ask("/stream");
    const requests = line.takeRequests();
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /v2/orders", "POST /v2/orders"]);
    expect(requests[0]!.at).toBeGreaterThanOrEqual(start);
    expect(requests[0]!.at).toBeLessThan(requests[1]!.at);
    expect(line.takeRequests()).toEqual([]);
  });
});
