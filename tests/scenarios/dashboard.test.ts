import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "@jest/globals";
import type { DashboardData } from "../../src/reporting/dashboard-data.ts";
import { logPaths } from "../../src/logging/logger.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { NUCLEAR } from "./strategy.ts";
import type { TraderProcess } from "./trader-process.ts";
import { expectExit, until } from "./trader-process.ts";

/** The token of the installation opens everything, and is told neither on an output that is no terminal nor in a log. */
async function tokenOf(started: TraderProcess): Promise<Readonly<Record<string, string>>> {
  await started.says(/its token is in (\S+)\)/);
  const file = /its token is in (\S+)\)/.exec(started.output)?.[1] ?? "";
  const token = readFileSync(file, "utf8").trim();
  expect([token, statSync(file).mode & 0o777]).toEqual([expect.stringMatching(/^[0-9a-f]{48}$/), 0o600]);
  return { authorization: `Bearer ${token}` };
}

async function addressOf(started: TraderProcess): Promise<string> {
  await started.says(/Dashboard: http:\/\/\S+/);
  return /Dashboard: (http:\/\/\S+)/.exec(started.output)?.[1] ?? "";
}

async function jsonAt<Answer>(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return (await (await fetch(url, { headers })).json()) as Answer;
}

/** The order stream connects beside the start; until then the answer is `degraded`, with that as its reason. */
async function ready(url: string): Promise<void> {
  let health: { status: string; reasons: string[] };
  do health = await jsonAt(url);
  while (health.status === "degraded" && health.reasons.every((reason) => reason.includes("is connecting")));
  expect(health).toEqual({ status: "ready", reasons: [] });
}

describe("the dashboard", () => {
  test(
    "is served by the daemon, tells what it traded, and ends with it although pages are open",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon({ DASHBOARD_PORT: "0" });
      const url = await addressOf(daemon);
      await ready(`${url}healthz`);
      const headers = await tokenOf(daemon);
      const events = await fetch(`${url}api/events`, { headers });
      expect((await fetch(`${url}api/dashboard`)).status).toBe(401);

      scenario.alert(NUCLEAR);
      await scenario.filled(3);
      await until(
        () => scenario.trades.length === 1,
        "the trade log",
        () => daemon.output,
      );
      const data = await jsonAt<DashboardData>(`${url}api/dashboard`, headers);
      expect(data).toMatchObject({
        mode: "paper",
        daemon: { pid: daemon.pid },
        broker: { reachable: true, stream: "listening" },
        last_alert: { verdict: "executed" },
        executions: [{ outcome: "on-target", id: scenario.trades[0]?.execution_id }],
      });
      const metrics = await (await fetch(`${url}metrics`, { headers })).text();
      expect(metrics).toContain('alpaca_trader_executions_total{outcome="on-target"} 1');

      const ended = await daemon.stop();
      expectExit(ended, 0);
      await events.body?.cancel();
      const token = headers.authorization?.split(" ")[1] ?? "";
      expect(daemon.output).not.toContain(token);
      for (const log of logPaths(scenario.path("logs"))) expect(readFileSync(log, "utf8")).not.toContain(token);
    },
    LIMIT_MS,
  );

  test(
    "on a port that is taken is a warning, and the daemon trades all the same",
    async () => {
      const scenario = await Scenario.open();
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const { port } = other.address() as AddressInfo;

      const daemon = await scenario.daemon({ DASHBOARD_PORT: String(port) });
      await daemon.says(/WARN .*The dashboard, .* are not available\..* 127\.0\.0\.1:\d+: the port is in use\./);
      scenario.alert(NUCLEAR);
      await scenario.filled(3);

      expectExit(await daemon.stop(), 0);
      await new Promise((resolve) => other.close(resolve));
    },
    LIMIT_MS,
  );

  test(
    "shows the same data next to a running daemon, on its own port, and exits with 0 on a signal",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon({ DASHBOARD_PORT: "0" });
      const { port } = new URL(await addressOf(daemon));
      const headers = await tokenOf(daemon);
      scenario.alert(NUCLEAR);
      await scenario.filled(3);

      const beside = scenario.start(["dashboard"], { DASHBOARD_PORT: port });
      const url = await addressOf(beside);
      expect(new URL(url).port).not.toBe(port);
      await until(
        () => scenario.trades.length === 1,
        "the trade log",
        () => daemon.output,
      );
      const read = (address: string): Promise<DashboardData> => jsonAt<DashboardData>(`${address}api/dashboard`, headers);
      let one = await read(url);
      // A busy machine's first answer from the broker may take longer than the page waits.
      for (let tries = 0; !one.broker.reachable && tries < 10; tries += 1) one = await read(url);
      const other = await read(`http://127.0.0.1:${port}/`);
      expect(one).toMatchObject({ daemon: { pid: daemon.pid }, broker: { reachable: true, stream: null } });
      expect(one.executions).toEqual(other.executions);
      expect(one.holdings.map(({ symbol }) => symbol)).toEqual(["LEU", "OKLO", "SMR"]);

      expectExit(await beside.stop(), 0);
      expectExit(await daemon.stop(), 0);
    },
    LIMIT_MS,
  );

  test(
    "says when daemon, ledger and broker are missing, and refuses a port in use or a public host without a token",
    async () => {
      const scenario = await Scenario.open();
      const alone = scenario.start(["dashboard"], { ALPACA_PAPER_ENDPOINT: "http://127.0.0.1:1" });
      const url = await addressOf(alone);
      await alone.says(/one-time login link: \S+login#code=[0-9a-f]{48}/);
      expect(await jsonAt(`${url}api/overview`, await tokenOf(alone))).toMatchObject({
        daemon: null,
        account: null,
        broker: { reachable: false },
        executions: [],
      });
      expect(await jsonAt(`${url}healthz`)).toMatchObject({ status: "degraded" });

      const taken = await scenario.run(["dashboard", "--port", new URL(url).port]);
      const open = await scenario.run(["dashboard"], { DASHBOARD_HOST: "0.0.0.0", DASHBOARD_TOKEN: "off" });

      expectExit(taken, 1);
      expect(taken.stderr).toMatch(/The dashboard cannot listen on 127\.0\.0\.1:\d+: the port is in use\./);
      expectExit(open, 78);
      expect(open.stderr).toContain("DASHBOARD_TOKEN is off although DASHBOARD_HOST is 0.0.0.0");
      expectExit(await alone.stop(), 0);
    },
    LIMIT_MS,
  );
});
