import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { loadConfig } from "../../src/config/load.ts";
import { AccountPages } from "../../src/dashboard/account-pages.ts";
import { fleetSite } from "../../src/dashboard/fleet-site.ts";
import { WebServer } from "../../src/dashboard/web-server.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { createRedaction } from "../../src/logging/logger.ts";
import { NOW } from "../reporting/examples.ts";
import { accountRow, FakeFleet, fleetData, manyAccounts, THREE } from "./fleet-examples.ts";
import { OpenDashboard, SECRET } from "./open-dashboard.ts";

const INSTALLATION = "0123456789abcdef0123456789abcdef0123456789abcdef";

let account: OpenDashboard;
let fleet: FakeFleet;
let clock: VirtualClock;
let server: WebServer;

beforeEach(() => {
  account = new OpenDashboard();
  fleet = new FakeFleet(fleetData(THREE));
  clock = new VirtualClock(NOW);
  server = serverWith({});
});

afterEach(async () => {
  await server.close();
  await account.close();
});

/** The fleet's site, with the page of `growth` alone. */
function serverWith(env: Readonly<Record<string, string>>): WebServer {
  const pages = new AccountPages(clock, (name) =>
    name === "growth" ? { source: account.source, redact: createRedaction([SECRET]) } : undefined,
  );
  const { dashboard: config } = loadConfig({
    STATE_DIR: account.directory,
    TRADING_MODE: "simulator",
    DASHBOARD_TOKEN: "off",
    ...env,
  });
  return new WebServer({
    site: fleetSite({ source: fleet, pages, clock, zone: "UTC" }),
    clock,
    config,
    installationToken: config.isOpen ? undefined : INSTALLATION,
    redact: createRedaction([INSTALLATION]),
    onProblem: (text) => {
      throw new Error(text);
    },
  });
}

async function get(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  const answer = await (await server.app).inject({ method: "GET", url, headers: { host: "127.0.0.1:8787", ...headers } });
  return { status: answer.statusCode, text: answer.body, headers: answer.headers };
}

async function json(url: string): Promise<unknown> {
  return JSON.parse((await get(url)).text);
}

describe("the site of a fleet", () => {
  test.each(["/", "/fleet/"])("leads from %s to its page", async (path) => {
    const { status, headers } = await get(path);
    expect([status, headers.location]).toEqual([303, "/fleet"]);
  });

  test("shows the page that is requested, with the same protection as every other", async () => {
    fleet.facts = fleetData(manyAccounts(500));
    const { status, text, headers } = await get("/fleet?page=3");
    expect([status, headers["content-type"], headers["cache-control"]]).toEqual([200, "text/html; charset=utf-8", "no-store"]);
    expect(headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(text).toContain("401 to 500 of 500");
    expect((await get("/fleet")).text).toContain("1 to 200 of 500");
  });

  test.each(["0", "x", "1e3", "12345"])("has no page %s", async (page) => {
    const { status, text } = await get(`/fleet?page=${page}`);
    expect([status, JSON.parse(text)]).toEqual([
      400,
      { error: "page must be a whole number from 1 to 9999.", code: "bad-request", hint: "Try ?page=1." },
    ]);
  });

  test("serves every file of its page", async () => {
    const { text } = await get("/fleet");
    const paths = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!).filter((path) => !path.startsWith("/fleet/"));
    expect(paths).toEqual(expect.arrayContaining(["/page/page.js", "/page/style.css", "/metrics", "/healthz"]));
    for (const path of paths) expect([path, (await get(path)).status]).toEqual([path, 200]);
  });

  test("has everything as JSON, without a request to a broker", async () => {
    expect(await json("/fleet/api")).toEqual(JSON.parse(JSON.stringify(fleet.facts)));
    expect(account.asked).toBe(0);
  });

  test("requires a token for all but the health and the login form", async () => {
    await server.close();
    server = serverWith({ DASHBOARD_TOKEN: "a-token-of-the-owner" });
    for (const path of ["/fleet/api", "/fleet/api/events", "/metrics", "/fleet/growth/api/overview", "/fleet/growth"])
      expect([path, (await get(path)).status]).toEqual([path, 401]);
    for (const path of ["/", "/fleet", "/fleet?page=2", "/fleet/growth/"]) {
      const { status, headers } = await get(path);
      expect([path, status, headers.location]).toEqual([path, 303, "/login"]);
    }
    expect((await get("/login")).status).toBe(200);
    expect((await get("/healthz")).status).toBe(200);
    expect((await get("/fleet/api", { authorization: "Bearer a-token-of-the-owner" })).status).toBe(200);
  });
});

describe("the health of a fleet", () => {
  const well = [accountRow("growth"), accountRow("ira-2")];

  test.each([
    ["ready", 200, fleetData(well), []],
    ["degraded", 200, fleetData(THREE), ["1 account is set aside.", "1 account is halted."]],
    ["degraded", 200, fleetData(well, { halted: "a test" }), ["Trading is halted: a test."]],
    [
      "degraded",
      200,
      fleetData([
        ...well,
        accountRow("c", { state: "failed" }),
        accountRow("d", { state: "starting" }),
        accountRow("e", { state: "failed" }),
      ]),
      ["2 accounts are being restarted after a failure.", "1 account is still starting."],
    ],
    [
      "alerts-untrusted",
      503,
      fleetData(well, { alerts_problems: ["Alerts of nuclear are refused: x."] }),
      ["Alerts of nuclear are refused: x."],
    ],
    [
      "failing",
      503,
      fleetData(well, { problems: ["The alerts files are not being checked."] }),
      ["The alerts files are not being checked."],
    ],
    [
      "failing",
      503,
      fleetData([accountRow("c", { state: "starting" })]),
      ["No account watches for alerts.", "1 account is still starting."],
    ],
  ] as const)("can be %s (%i)", async (status, code, facts, reasons) => {
    fleet.facts = facts;
    const answer = await get("/healthz");
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([code, { status, reasons }]);
  });

  test("counts the accounts and names none", async () => {
    const { text } = await get("/healthz");
    expect(JSON.parse(text)).toMatchObject({ accounts: { "on-target": 1, waiting: 0, "off-target": 1, "set-aside": 1 } });
    expect(text).not.toMatch(/growth|ira-2|damaged/);
  });
});

describe("the metrics of a fleet", () => {
  async function series(): Promise<string[]> {
    const { status, text, headers } = await get("/metrics");
    expect([status, headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    return text.split("\n").filter((line) => line.startsWith("alpaca_trader_"));
  }

  test("describe the fleet, and each account of a small one", async () => {
    expect(await series()).toEqual([
      'alpaca_trader_fleet_info{mode="paper"} 1',
      'alpaca_trader_fleet_accounts{state="on-target"} 1',
      'alpaca_trader_fleet_accounts{state="waiting"} 0',
      'alpaca_trader_fleet_accounts{state="off-target"} 1',
      'alpaca_trader_fleet_accounts{state="set-aside"} 1',
      "alpaca_trader_fleet_ready_accounts 2",
      "alpaca_trader_halted 0",
      "alpaca_trader_last_signal_timestamp_seconds 1752676850",
      'alpaca_trader_account_equity_dollars{account="ira-2"} 100000',
      'alpaca_trader_account_equity_dollars{account="growth"} 1234567.891',
      'alpaca_trader_account_on_target{account="broken"} 0',
      'alpaca_trader_account_on_target{account="ira-2"} 0',
      'alpaca_trader_account_on_target{account="growth"} 1',
      'alpaca_trader_account_halted{account="broken"} 0',
      'alpaca_trader_account_halted{account="ira-2"} 1',
      'alpaca_trader_account_halted{account="growth"} 0',
      'alpaca_trader_account_open_executions{account="broken"} 0',
      'alpaca_trader_account_open_executions{account="ira-2"} 0',
      'alpaca_trader_account_open_executions{account="growth"} 1',
    ]);
  });

  test.each([
    [99, true],
    [100, false],
    [500, false],
  ])("of %i accounts have series for each account: %p", async (count, labelled) => {
    fleet.facts = fleetData(manyAccounts(count), { halted: "a test", signal: null });
    const found = await series();
    expect(found.some((line) => line.includes("account="))).toBe(labelled);
    expect(found).toContain(`alpaca_trader_fleet_accounts{state="on-target"} ${String(count - 1)}`);
    expect(found).toContain("alpaca_trader_halted 1");
    expect(found.filter((line) => line.includes("last_signal"))).toEqual([]);
  });

  test("leave out an equity that is not known any more", async () => {
    fleet.facts = fleetData([accountRow("growth")]);
    expect(await series()).toContain('alpaca_trader_account_equity_dollars{account="growth"} 100000');
    fleet.facts = fleetData([accountRow("growth", { equity: null })]);
    expect((await series()).filter((line) => line.includes("equity"))).toEqual([]);
  });
});

describe("the page of an account", () => {
  test("is the one that its own daemon shows", async () => {
    account.execute();
    expect((await get("/fleet/growth")).headers.location).toBe("/fleet/growth/");
    const { text } = await get("/fleet/growth/");
    expect(text).toContain('<h1><a href="/fleet">Fleet</a> · growth</h1>');
    expect(text).toContain('href="/fleet/growth/api/dashboard"');
    expect(await json("/fleet/growth/api/overview")).toMatchObject({ mode: "paper", executions: [{ outcome: "off-target" }] });
    expect(await json("/fleet/growth/api/signals?limit=1")).toMatchObject({ signals: [{ verdict: "executed" }] });
  });

  test("never contains a key of the account", async () => {
    account.breakBroker(`401 for apca-api-secret-key: ${SECRET}`);
    const { text } = await get("/fleet/growth/api/dashboard");
    expect(text).toContain("[redacted]");
    expect(text).not.toContain(SECRET);
  });

  test.each(["/fleet/none", "/fleet/none/", "/fleet/none/api/overview", "/fleet/none/api/events", "/fleet/..%2fgrowth/", "/api/overview"])(
    "does not exist at %s",
    async (path) => {
      const { status, text } = await get(path);
      expect([status, JSON.parse(text)]).toEqual([404, { error: "Nothing exists at this address.", code: "not-found" }]);
    },
  );
});

describe("the events of a fleet", () => {
  test("report a change once, and read nothing while no page is open", async () => {
    const address = await server.listen(0);
    await clock.advance(5_000);
    expect(fleet.asked).toBe(0);
    const answer = await fetch(`${address}fleet/api/events`);
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe("retry: 1000\n\n");
    await clock.advance(1_000);
    expect((await reader.read()).value).toBe("event: beat\ndata: {}\n\n");
    fleet.facts = { ...fleet.facts, generated_at: "2025-07-16T14:44:00.000Z" };
    await clock.advance(2_000);
    fleet.facts = fleetData(THREE.slice(1));
    await clock.advance(2_000);
    expect((await reader.read()).value).toBe("event: changed\ndata: {}\n\n");
    await reader.cancel();
  });

  test("end with the server", async () => {
    const address = await server.listen(0);
    const streams = await Promise.all(["fleet/api/events", "fleet/growth/api/events"].map((path) => fetch(address + path)));
    await server.close();
    for (const stream of streams) expect(await stream.text()).toContain("retry: 1000");
  });
});
