import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { PassThrough } from "node:stream";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { AccountDirectories } from "../../src/fleet/account-store.ts";
import { FleetDashboard } from "../../src/fleet/fleet-dashboard.ts";
import { loadFleet, type FleetSettings } from "../../src/fleet/fleet-settings.ts";
import type { Fleet } from "../../src/fleet/fleet.ts";
import type { Log } from "../../src/logging/logger.ts";

const KEY = "PKFLEET0000000000001";
const SECRET = "fleet-secret-0123456789abcdefghijk";

let stateDir: string;
let said: string[];
let isKnown: Promise<string>;
let dashboard: FleetDashboard | undefined;
let taken: Server | undefined;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "fleet-"));
});

afterEach(async () => {
  await dashboard?.close();
  taken?.close();
  dashboard = taken = undefined;
  rmSync(stateDir, { recursive: true });
});

function settingsWith(env: Readonly<Record<string, string>>): FleetSettings {
  const store = new AccountDirectories(stateDir);
  store.add("growth", { ALPACA_PAPER_KEY: KEY, ALPACA_PAPER_SECRET: SECRET });
  return loadFleet({ STATE_DIR: stateDir, TRADING_MODE: "paper", HALT_FILE: join(stateDir, "machine-HALT"), ...env }, store);
}

/** Starts the dashboard of a fleet whose only account has failed. @returns what is logged first. */
async function start(settings: FleetSettings): Promise<string> {
  const [account] = settings.accounts;
  const host = { name: "growth", account, state: "set-aside", problem: `401 for ${SECRET}`, session: undefined, daemonState: undefined };
  said = [];
  isKnown = new Promise((resolve) => {
    const say = (text: string): void => {
      said.push(text);
      resolve(text);
    };
    const log = { info: say, warn: say, error: say, debug: say } as unknown as Log;
    const fleet = { hosts: [host], isWatching: true } as unknown as Fleet;
    const terminal = new PassThrough() as unknown as NodeJS.WriteStream;
    dashboard = new FleetDashboard({ fleet, settings, clock: systemClock, log, terminal });
    dashboard.start();
  });
  return isKnown;
}

function addressIn(text: string): string {
  return /http:\/\/\S+\//.exec(text)?.[0] ?? "";
}

test("the dashboard of a fleet shows an account that failed, without its keys", async () => {
  const line = await start(settingsWith({ DASHBOARD_PORT: "0", DASHBOARD_TOKEN: "off" }));
  const address = addressIn(line);
  const page = await fetch(address);
  expect(page.url).toBe(`${address}fleet`);
  const text = await page.text();
  expect(text).toContain("401 for [redacted]");
  const data = await (await fetch(`${address}fleet/api`)).text();
  expect(JSON.parse(data)).toMatchObject({ accounts: [{ account: "growth", standing: "set-aside", reason: "401 for [redacted]" }] });
  const overview = await (await fetch(`${address}fleet/growth/api/overview`)).text();
  expect(JSON.parse(overview)).toMatchObject({
    broker: { reachable: false, problems: ["Alpaca paper cannot be read: the account is not open: 401 for [redacted]"] },
  });
  for (const each of [text, data, overview]) expect(each).not.toMatch(new RegExp(`${SECRET}|${KEY}`));
});

test("the dashboard of a fleet has one token, which the log does not contain", async () => {
  const line = await start(settingsWith({ DASHBOARD_PORT: "0" }));
  expect(line).toContain(`(its token is in ${join(stateDir, "dashboard-token")})`);
  const answer = await fetch(`${addressIn(line)}fleet/api`);
  expect(answer.status).toBe(401);
});

test("a port that is taken costs a fleet its dashboard, with a warning, and nothing else", async () => {
  taken = createServer();
  await new Promise<void>((resolve) => taken?.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const line = await start(settingsWith({ DASHBOARD_PORT: String(port), DASHBOARD_TOKEN: "off" }));
  expect(line).toMatch(/^The dashboard, \/metrics and \/healthz are not available\. .* the port is in use\.$/);
  await expect(dashboard?.close()).resolves.toBeUndefined();
});

test("a fleet without a port has no dashboard", async () => {
  void start(settingsWith({ DASHBOARD_PORT: "off" }));
  await dashboard?.close();
  expect(said).toEqual([]);
});
