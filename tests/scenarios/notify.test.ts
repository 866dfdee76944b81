import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import type { Environment } from "../../src/domain/config.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { NotificationService } from "./notification-service.ts";
import { HEDGE, lineOf, NUCLEAR } from "./strategy.ts";
import { expectExit, until } from "./trader-process.ts";

/** The contract's bound of SIGTERM, and room for a busy machine. */
const LEAVES_WITHIN_MS = 8_000 + 4_000;

let service: NotificationService;

beforeEach(async () => {
  service = await NotificationService.open();
});

afterEach(() => service.close());

function hook(): Environment {
  return { NOTIFY_WEBHOOK_URL: `${service.url}/hook/0123456789abcdef0123` };
}

async function told(...titles: string[]): Promise<void> {
  await until(
    () => titles.every((title) => service.titles.includes(title)),
    titles.join(", "),
    () => service.titles.join("\n"),
  );
}

describe("a daemon with a webhook", () => {
  test(
    "tells what it did and did not do, halted and resumed, and beats its heart",
    async () => {
      const scenario = await Scenario.open({ env: { ...hook(), HEARTBEAT_URL: `${service.url}/ping/0123456789abcdef0123` } });
      const daemon = await scenario.daemon();

      scenario.alert(NUCLEAR);
      await told("PAPER: on target");
      scenario.append(lineOf({ symbol: "SMR", reason: "SMR (150%)" }, systemClock.now()));
      await told("PAPER: not executed, over-allocated");
      await scenario.run(["halt", "--reason", "a look at the books"]);
      await told("PAPER: trading is halted");
      expectExit(await scenario.type(["resume"]), 0);
      await told("PAPER: trading resumed");

      expectExit(await daemon.stop(), 0);
      expect(service.titles).toHaveLength(4);
      expect(service.messages[0]?.text).toMatch(
        /Wanted: SMR 31\.2 %, LEU 39\.5 %, OKLO 29\.3 %\.\nBought: .*\n.*on target.*\nAccount value: \$100,000\.00/,
      );
      expect(service.messages[0]?.text).toContain(`paper account ${scenario.accountNumber}`);
      expect(service.received.filter(({ path }) => path.startsWith("/ping/")).map(({ method }) => method)).toEqual(["GET"]);
      expect(scenario.log).not.toContain("0123456789abcdef0123");
    },
    LIMIT_MS,
  );

  test(
    "that was killed says so when it starts again, once, and repeats nothing that it said before",
    async () => {
      const scenario = await Scenario.open({ env: hook() });
      const first = await scenario.daemon();
      scenario.alert(NUCLEAR);
      await told("PAPER: on target");
      first.kill("SIGKILL");
      await first.ended;

      const second = await scenario.daemon();
      await told("PAPER: the daemon started after a crash");
      expectExit(await second.stop(), 0);
      const third = await scenario.daemon();
      expectExit(await third.stop(), 0);

      expect(service.titles).toEqual(["PAPER: on target", "PAPER: the daemon started after a crash"]);
      expect(service.messages[1]?.text).toContain(`(pid ${String(first.pid)}, since`);
    },
    LIMIT_MS,
  );

  test(
    "delivers after a restart what the service did not take before",
    async () => {
      service.manner = { status: 503, headers: { "Retry-After": "3600" } };
      const scenario = await Scenario.open({ env: hook() });
      const first = await scenario.daemon();
      scenario.alert(NUCLEAR);
      await until(() => service.received.length === 1, "the refused message");
      expectExit(await first.stop(), 0);
      service.manner = "accept";

      const second = await scenario.daemon();
      await until(() => service.received.length === 2, "the message again");
      expectExit(await second.stop(), 0);
      expect(service.titles).toEqual(["PAPER: on target", "PAPER: on target"]);
    },
    LIMIT_MS,
  );

  test(
    "that is killed while a message is on its way does not send it twice",
    async () => {
      service.manner = "hang";
      const scenario = await Scenario.open({ env: hook() });
      const first = await scenario.daemon();
      scenario.alert(NUCLEAR);
      await until(() => service.received.length === 1, "the message");
      first.kill("SIGKILL");
      await first.ended;
      service.manner = "accept";

      const second = await scenario.daemon();
      await told("PAPER: the daemon started after a crash");
      expectExit(await second.stop(), 0);
      expect(service.titles).toEqual(["PAPER: on target", "PAPER: the daemon started after a crash"]);
    },
    LIMIT_MS,
  );

  test(
    "tells why it ends when it fails, and the heartbeat's watcher too",
    async () => {
      const heart = { HEARTBEAT_URL: `${service.url}/ping/0123456789abcdef0123` };
      const scenario = await Scenario.open({ env: { ...hook(), ...heart, ALPACA_PAPER_KEY: "PKWRONGWRONGWRONG123" } });
      scenario.simulator.venue.interceptor = {
        before: () => Promise.resolve({ status: 401, headers: {}, body: '{"message":"unauthorized."}' }),
      };

      expectExit(await scenario.run(["run"]), 1);

      expect(service.titles).toEqual(["PAPER: the daemon FAILED"]);
      expect(service.received.find(({ path }) => path.endsWith("/fail"))).toMatchObject({ method: "POST" });
    },
    LIMIT_MS,
  );
});

describe("a service that is", () => {
  test.each([
    ["slow", "hang" as const],
    ["cutting the connection", "drop" as const],
    ["failing", { status: 500, body: "<html>oops</html>" }],
    ["limiting", { status: 429, headers: { "Retry-After": "30" } }],
    ["talking rubbish", { status: 200, body: "\u0000\u0001 garbage" }],
  ])(
    "%s hinders neither the trading nor the stop",
    async (_what, manner) => {
      service.manner = manner;
      const scenario = await Scenario.open({ env: { ...hook(), HEARTBEAT_URL: `${service.url}/ping/0123456789abcdef0123` } });
      const daemon = await scenario.daemon();
      for (const [legs, filled] of [
        [NUCLEAR, 3],
        [HEDGE, 8],
      ] as const) {
        scenario.alert(legs);
        await scenario.filled(filled);
      }
      await until(() => scenario.trades.length === 2, "two lines in the trade log");

      const asked = systemClock.monotonic();
      expectExit(await daemon.stop(), 0);
      expect(systemClock.monotonic() - asked).toBeLessThan(LEAVES_WITHIN_MS);
      expect(scenario.trades.map(({ outcome }) => outcome)).toEqual(["on-target", "on-target"]);
      expect(scenario.log.split("\n").filter((line) => line.includes("WARN") && line.includes("otification")).length).toBeLessThanOrEqual(
        1,
      );
    },
    LIMIT_MS,
  );

  test(
    "not there at all changes nothing either, and an execute ends soon after its work",
    async () => {
      const scenario = await Scenario.open({ env: hook() });
      await service.close();
      scenario.alert(NUCLEAR);
      const started = systemClock.monotonic();
      expectExit(await scenario.type(["execute"]), 0);
      expect(systemClock.monotonic() - started).toBeLessThan(LEAVES_WITHIN_MS);
      expect(scenario.log).toMatch(/WARN +Notifications cannot be delivered to webhook/);
      service = await NotificationService.open();
    },
    LIMIT_MS,
  );
});

describe("commands that act once", () => {
  test(
    "execute tells how it ended, a refused one why; a dry run tells nobody",
    async () => {
      const scenario = await Scenario.open({ env: hook() });
      scenario.alert(NUCLEAR);
      expectExit(await scenario.type(["execute", "--dry-run"]), 0);
      expect(service.titles).toEqual([]);
      expectExit(await scenario.execute(), 0);
      expectExit(await scenario.execute(), 0);
      expect(service.titles).toEqual(["PAPER: on target"]);

      scenario.append("nonsense that is no alert\n");
      expectExit(await scenario.execute(), 3);
      expect(service.titles).toEqual(["PAPER: on target", "PAPER: not executed, malformed"]);
    },
    LIMIT_MS,
  );

  test(
    "notify --test says what every channel answered: 0 when all took it, 1 naming those that did not, 1 with a hint when there is none",
    async () => {
      const scenario = await Scenario.open();
      const telegram = { TELEGRAM_BOT_TOKEN: "123456:AAtokenOfTheTestBot", TELEGRAM_CHAT_ID: "-100", TELEGRAM_API_URL: service.url };
      const all = { ...hook(), ...telegram, HEARTBEAT_URL: `${service.url}/ping/0123456789abcdef0123` };

      const good = await scenario.run(["notify", "--test"], all);
      expectExit(good, 0);
      expect(good.stdout.match(/: accepted\./g)).toHaveLength(3);
      expect(service.received.map(({ path }) => path).toSorted()).toEqual([
        "/bot123456:AAtokenOfTheTestBot/sendMessage",
        "/hook/0123456789abcdef0123",
        "/ping/0123456789abcdef0123",
      ]);

      service.manner = { status: 401, body: '{"ok":false,"description":"Unauthorized: 123456:AAtokenOfTheTestBot"}' };
      const bad = await scenario.type(["notify", "--test"], telegram);
      expectExit(bad, 1);
      expect(bad.stdout).toContain('NOT accepted: it answered 401 ({"ok":false,"description":"Unauthorized: [redacted]"})');
      expect(bad.stderr).toContain("Not every test was accepted: Telegram (127.0.0.1:");
      expect(bad.output).not.toContain("AAtokenOfTheTestBot");

      const none = await scenario.type(["notify", "--test"]);
      expectExit(none, 1);
      expect(none.stderr).toMatch(/No notifications are configured\.[^]*Hint: Set NOTIFY_WEBHOOK_URL/);
    },
    LIMIT_MS,
  );
});

test(
  "while alerts are refused, systemd, the health, the metrics and the heartbeat all say it, and then that they are read",
  async () => {
    const scenario = await Scenario.open({ env: { HEARTBEAT_URL: `${service.url}/ping` } });
    const heard = scenario.path("heard");
    writeFileSync(scenario.path("systemd-notify"), `#!/bin/sh\necho "$*" >> "${heard}"\n`);
    chmodSync(scenario.path("systemd-notify"), 0o755);
    const text = (): string => (existsSync(heard) ? readFileSync(heard, "utf8") : "");
    scenario.append("");
    chmodSync(scenario.alertsFile, 0o666);

    const daemon = await scenario.daemon({
      PATH: `${scenario.directory}:${process.env.PATH ?? ""}`,
      NOTIFY_SOCKET: "@stand-in",
      DASHBOARD_PORT: "0",
      DASHBOARD_TOKEN: "a-token-of-the-tests",
    });
    await daemon.says(/Dashboard: http:\/\/\S+/);
    const url = /Dashboard: (http:\/\/\S+)/.exec(daemon.output)?.[1] ?? "";
    const at = (path: string): Promise<Response> => fetch(`${url}${path}`, { headers: { authorization: "Bearer a-token-of-the-tests" } });
    const health = await at("healthz");
    expect([health.status, await health.text()]).toEqual([503, expect.stringMatching(/"alerts-untrusted".*can be written by anyone/)]);
    expect(await (await at("metrics")).text()).toContain('alpaca_trader_verdicts_total{strategy="nuclear",verdict="untrusted"} 1');
    await until(() => /STATUS=paper: ALERTS REFUSED \(.*can be written by anyone/.test(text()), "the status", text);
    expect(service.received).toEqual([]);

    chmodSync(scenario.alertsFile, 0o644);
    await until(() => text().includes("STATUS=paper: watching for alerts"), "the other status", text);
    expect((await at("healthz")).status).toBe(200);
    expectExit(await daemon.stop(), 0);
  },
  LIMIT_MS,
);

test(
  "systemd hears when the daemon watches, how it is, that it lives, and that it stops",
  async () => {
    const scenario = await Scenario.open();
    const heard = scenario.path("heard");
    writeFileSync(scenario.path("systemd-notify"), `#!/bin/sh\necho "$NOTIFY_SOCKET: $*" >> "${heard}"\n`);
    chmodSync(scenario.path("systemd-notify"), 0o755);
    const text = (): string => (existsSync(heard) ? readFileSync(heard, "utf8") : "");
    scenario.simulator.venue.interceptor = { before: () => Promise.resolve({ status: 503, headers: {}, body: "" }) };

    const daemon = scenario.start(["run"], {
      PATH: `${scenario.directory}:${process.env.PATH ?? ""}`,
      NOTIFY_SOCKET: "@stand-in",
      WATCHDOG_USEC: "900000",
    });
    // It is ready although the broker is not.
    await until(() => text().includes("READY=1"), "READY", text);
    expect(text()).toMatch(/^@stand-in: .*STATUS=paper: connecting to Alpaca paper/);
    scenario.simulator.venue.interceptor = {};
    await until(() => text().includes("STATUS=paper: watching for alerts"), "the status", text);
    await until(() => (text().match(/WATCHDOG=1/g) ?? []).length > 5, "signs of life", text);

    expectExit(await daemon.stop(), 0);
    expect(text()).toMatch(/STOPPING=1[^]*$/);
  },
  LIMIT_MS,
);
