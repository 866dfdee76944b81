import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { MOST_CONNECTIONS } from "../../src/dashboard/connections.ts";
import { OpenDashboard, TOKEN } from "./open-dashboard.ts";

let dashboard: OpenDashboard;
let port: number;
let sockets: Socket[] = [];

beforeEach(async () => {
  dashboard = new OpenDashboard({ DASHBOARD_TOKEN: TOKEN });
  port = Number(new URL(await dashboard.server.listen(0)).port);
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await dashboard.close();
});

/** A connection on which some text was sent and, where one is due, an answer came. */
async function opened(text = "", answer = false): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.write(text);
  if (answer) await new Promise((resolve) => socket.once("data", resolve));
  else socket.resume();
  return socket;
}

function ask(path: string, method = "GET", headers = ""): string {
  return `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`;
}

/** Whether the server closes it; told by the end of the stream. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

async function statusOf(path: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
  await answer.body?.cancel();
  return answer.status;
}

describe("as many connections as are allowed, held open by somebody", () => {
  test.each<[string, () => Promise<Socket>]>([
    ["that say nothing", () => opened()],
    ["that have been answered and ask nothing more", () => opened(ask("/healthz"), true)],
    ["that never end their request", () => opened("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")],
    ["that never send the form they announce", () => opened(ask("/login", "POST", "Content-Length: 100\r\nContent-Type: text/plain\r\n"))],
  ])("%s: the oldest is closed to admit a new one", async (_what, hold) => {
    const first = await hold();
    const gone = closing(first);
    for (let held = 1; held < MOST_CONNECTIONS; held++) await hold();
    for (const path of ["/healthz", "/metrics"]) expect(await statusOf(path)).toBe(200);
    await gone;
    expect(sockets.at(-1)!.destroyed).toBe(false);
  });

  test.each([
    ["/healthz", TOKEN],
    ["/api/overview", "off"],
  ])("and asking for %s of a broker that does not answer keep nobody out (token %s)", async (path, token) => {
    await dashboard.close();
    dashboard = new OpenDashboard({ DASHBOARD_TOKEN: token });
    port = Number(new URL(await dashboard.server.listen(0)).port);
    const broker = Promise.withResolvers<undefined>();
    dashboard.silence = broker.promise;
    const all = Promise.withResolvers<undefined>();
    let left = MOST_CONNECTIONS;
    dashboard.server.listener.server.on("request", () => (--left === 0 ? all.resolve(undefined) : undefined));
    const gone = closing(await opened(ask(path)));
    for (let held = 1; held < MOST_CONNECTIONS; held++) await opened(ask(path));
    await all.promise;
    expect(await statusOf("/page/style.css")).toBe(200);
    await gone;
    broker.resolve(undefined);
    expect(await statusOf("/healthz")).toBe(200);
  });

  test("do not end the events of an open page", async () => {
    const events = await opened(ask("/api/events", "GET", `Authorization: Bearer ${TOKEN}\r\n`), true);
    for (let held = 0; held < MOST_CONNECTIONS; held++) await opened();
    expect(await statusOf("/healthz")).toBe(200);
    const told = new Promise<string>((resolve) => events.once("data", (bytes) => resolve(String(bytes))));
    dashboard.execute();
    expect(await told).toContain("event: ");
  });
});
