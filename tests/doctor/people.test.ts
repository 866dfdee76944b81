import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { askHealth, dashboardAddress, judgeHealth, noDashboard } from "../../src/doctor/dashboard.ts";
import { judgeHeartbeat, judgeNotifications } from "../../src/doctor/people.ts";
import type { NotificationSettings } from "../../src/domain/config.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { saying } from "./saying.ts";

const NONE: NotificationSettings = { level: "info", webhook: undefined, telegram: undefined, heartbeatUrl: undefined };
const SECRET = "0123456789abcdef0123";
const ALL: NotificationSettings = {
  ...NONE,
  webhook: { url: `https://hooks.slack.com/services/${SECRET}`, kind: "slack" },
  heartbeatUrl: `https://hc-ping.com/${SECRET}`,
};

describe("notifications and heartbeat", () => {
  test("are expected where real orders are sent, but not in the simulator", () => {
    const facts = { settings: NONE, tests: undefined };
    for (const mode of ["paper", "live"] as const)
      expect([...judgeNotifications({ ...facts, mode }), ...judgeHeartbeat({ ...facts, mode })]).toEqual([
        saying("warning", "no notifications are sent"),
        saying("warning", "no external service"),
      ]);
    expect(judgeNotifications({ ...facts, mode: "simulator" })[0]?.status).toBe("ok");
  });

  test("are named by their hosts only, and tested only on request", () => {
    const facts = { settings: ALL, mode: "paper", tests: undefined } as const;
    const findings = [...judgeNotifications(facts), ...judgeHeartbeat(facts)];
    expect(findings).toEqual([saying("ok", "Slack (hooks.slack.com); not tried"), saying("ok", "hc-ping.com; not tried")]);
    expect(JSON.stringify(findings)).not.toContain(SECRET);
  });

  test("that were tested show the result", () => {
    const tests = [
      { name: "Slack (hooks.slack.com)", problem: "it answered 404" },
      { name: "heartbeat (hc-ping.com)", problem: undefined },
    ];
    const facts = { settings: ALL, mode: "paper", tests } as const;
    expect(judgeNotifications(facts)).toEqual([saying("failed", "rejected the test: it answered 404")]);
    expect(judgeHeartbeat(facts)).toEqual([saying("ok", "accepted the test")]);
  });

  test("that are switched off by their level cause a warning", () => {
    expect(judgeNotifications({ settings: { ...ALL, level: "off" }, mode: "paper", tests: undefined })).toEqual([
      saying("warning", "NOTIFY_LEVEL is off"),
    ]);
  });
});

describe("the dashboard", () => {
  test("is found at its address on this machine", () => {
    const at = (host: string, port: number | "off"): string | undefined =>
      dashboardAddress({ host, port, isOpen: false, token: undefined });
    expect(at("127.0.0.1", 8787)).toBe("http://127.0.0.1:8787");
    expect(at("0.0.0.0", 9000)).toBe("http://127.0.0.1:9000");
    expect(at("::", 9000)).toBe("http://[::1]:9000");
    expect([at("127.0.0.1", 0), at("127.0.0.1", "off")]).toEqual([undefined, undefined]);
    expect(noDashboard({ host: "127.0.0.1", port: "off", isOpen: false, token: undefined }, true)).toEqual([
      saying("ok", "DASHBOARD_PORT=off"),
    ]);
    expect(noDashboard({ host: "127.0.0.1", port: 8787, isOpen: false, token: undefined }, false)).toEqual([
      saying("skipped", "no daemon runs"),
    ]);
  });

  test.each([
    [200, '{"status":"ok","reasons":[]}', saying("ok", "says ok")],
    [200, '{"status":"ok"}', saying("ok", "says ok")],
    [200, '{"status":"degraded","reasons":["the broker is silent"]}', saying("warning", "degraded: the broker is silent")],
    [503, '{"status":"failing","reasons":["the watcher stands still"]}', saying("failed", "failing: the watcher stands still")],
    [404, '{"message":"no such page"}', saying("warning", "something else answers there (HTTP 404)")],
    [200, "<html>hello</html>", saying("warning", "is not answered by the daemon")],
  ])("that answers %d with %s", async (status, body, expected) => {
    let asked = "";
    const server = createServer((request, response) => {
      asked = `${request.url ?? ""} ${request.headers.authorization ?? ""}`;
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    try {
      expect(judgeHealth(address, await askHealth(address, systemClock, fetch))).toEqual([expected]);
      expect(asked).toBe("/healthz ");
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("that accepts a request and does not answer means a hanging daemon", async () => {
    const clock = new VirtualClock(0);
    const silent: typeof fetch = (_address, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))));
    const answer = askHealth("http://127.0.0.1:8787", clock, silent);
    await clock.advance(3_000);
    expect(judgeHealth("http://127.0.0.1:8787", await answer)).toEqual([saying("failed", "the daemon hangs")]);
    expect(clock.pending).toBe(0);
  });

  test("that is missing is a warning and no failure", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    await new Promise((resolve) => server.close(resolve));
    expect(judgeHealth(address, await askHealth(address, systemClock, fetch))).toEqual([saying("warning", "ECONNREFUSED")]);
  });
});
