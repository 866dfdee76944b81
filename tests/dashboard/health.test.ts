import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ledgerFile } from "../../src/config/files.ts";
import { OpenDashboard } from "./open-dashboard.ts";

let dashboard: OpenDashboard;

beforeEach(() => {
  dashboard = new OpenDashboard();
});

afterEach(() => dashboard.close());

async function health(): Promise<readonly [number, unknown]> {
  const { status, text } = await dashboard.get("/healthz");
  return [status, JSON.parse(text)];
}

describe("/healthz", () => {
  test("is ready when the daemon watches, the broker answers and the ledger can be read", async () => {
    expect(await health()).toEqual([200, { status: "ready", reasons: [] }]);
  });

  test.each([
    [{ sinceCheckMs: undefined, connected: false }, "The daemon is still starting."],
    [{ sinceCheckMs: 10_000 }, "The alerts file has not been checked for 10 s."],
    [{ sinceCheckMs: 61_500 }, "The alerts file has not been checked for 61 s."],
    [{ blind: ["The file was replaced."] }, "The file was replaced."],
  ])("fails with 503 for %p", async (daemonState, reason) => {
    dashboard.daemonState = { ...dashboard.daemonState, ...daemonState };
    const [status, told] = await health();
    expect(status).toBe(503);
    expect(told).toMatchObject({ status: "failing", reasons: expect.arrayContaining([reason]) as unknown });
  });

  test("fails with 503 when the ledger cannot be read", async () => {
    dashboard.ledger.close();
    writeFileSync(ledgerFile(dashboard.config), "this is no database, and long enough to be looked at as one ".repeat(200));
    const [status, told] = await health();
    expect([status, JSON.stringify(told)]).toEqual([503, expect.stringContaining("is not a ledger")]);
  });

  test.each([
    ["a broker that does not answer", (): void => dashboard.breakBroker(), "the test venue cannot be read: connect ECONNREFUSED"],
    ["a halt", (): void => dashboard.halt("lunch"), "Trading is halted: lunch."],
    [
      "a lost stream",
      (): void => void (dashboard.daemonState = { ...dashboard.daemonState, stream: "lost" }),
      "The stream of order updates is lost.",
    ],
    [
      "a trouble around the daemon",
      (): void => void (dashboard.daemonState = { ...dashboard.daemonState, troubles: ["It rains."] }),
      "It rains.",
    ],
    [
      "an account that has not been read",
      (): void => void (dashboard.daemonState = { ...dashboard.daemonState, connected: false }),
      "The account has not been read yet, or an execution left by an earlier process is not finished.",
    ],
  ])("is degraded with 200 for %s: a restart would not help", async (_what, ail, reason) => {
    ail();
    expect(await health()).toEqual([200, { status: "degraded", reasons: [reason] }]);
  });

  describe("while alerts are refused", () => {
    beforeEach(() => {
      const refused = { strategy: "nuclear", problem: "/tmp/alerts.json is a symbolic link.", problems: 1 };
      dashboard.daemonState = { ...dashboard.daemonState, alerts: [{ strategy: "tecl", problem: undefined, problems: 0 }, refused] };
    });

    const REASON = "Alerts of nuclear are refused: /tmp/alerts.json is a symbolic link.";

    test("answers 503 with its own status and the reason", async () => {
      expect(await health()).toEqual([503, { status: "alerts-untrusted", reasons: [REASON] }]);
    });

    test("lists other problems after that", async () => {
      dashboard.halt("lunch");
      expect(await health()).toEqual([503, { status: "alerts-untrusted", reasons: [REASON, "Trading is halted: lunch."] }]);
    });

    test("is failing if a restart may help", async () => {
      dashboard.daemonState = { ...dashboard.daemonState, sinceCheckMs: 10_000 };
      expect(await health()).toMatchObject([503, { status: "failing", reasons: [expect.anything(), REASON] }]);
    });

    test("appears in the metrics and on the page too", async () => {
      const { text } = await dashboard.get("/metrics");
      expect(text).toContain('alpaca_trader_alerts_refused{strategy="nuclear"} 1\n');
      expect(text).toContain('alpaca_trader_alerts_refused{strategy="tecl"} 0\n');
      expect(text).toContain('alpaca_trader_verdicts_total{strategy="nuclear",verdict="untrusted"} 1\n');
      expect((await dashboard.get("/metrics")).text).toContain('alpaca_trader_verdicts_total{strategy="nuclear",verdict="untrusted"} 1\n');
      expect(await dashboard.json("/api/overview")).toMatchObject({ alerts_problems: [REASON] });
    });
  });

  test("in another process reports when no daemon runs", async () => {
    await dashboard.close();
    dashboard = new OpenDashboard({}, { beside: true });
    expect(await health()).toEqual([
      200,
      { status: "degraded", reasons: ["No daemon is running with this ledger, so alerts are ignored."] },
    ]);
  });

  test("requests only the broker's clock, and not for every client", async () => {
    await Promise.all(Array.from({ length: 20 }, () => health()));
    expect(dashboard.asked).toBe(1);
  });
});
