import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { systemClock } from "../../src/domain/clock.ts";
import { FleetInstallation } from "../fleet/fleet-installation.ts";
import { NUCLEAR, runOf } from "../scenarios/strategy.ts";
import { barriers, Browsers, freePort, photograph, type PageOptions } from "./browsers.ts";

const NAMES = ["ann", "ben", "carla", "dora", "emil"];

let fleet: FleetInstallation;
let browsers: Browsers;

async function openPage(options: PageOptions = {}): Promise<Page> {
  const page = await browsers.page(options);
  await page.goto(browsers.url);
  await page.getByLabel(/Token of this dashboard/).fill(readFileSync(join(fleet.env.STATE_DIR ?? "", "dashboard-token"), "utf8").trim());
  await page.keyboard.press("Enter");
  await page.waitForURL(`${browsers.url}fleet`);
  await page.getByText("page live").waitFor();
  return page;
}

function rows(page: Page): Promise<string[]> {
  return page.locator("#accounts tbody tr").allInnerTexts();
}

describe("the page of a fleet in a browser", () => {
  beforeEach(async () => {
    const port = await freePort();
    fleet = await FleetInstallation.open(NAMES, { settings: { DASHBOARD_PORT: String(port) } });
    browsers = await Browsers.open(port);
  });

  afterEach(async () => {
    const { offences } = browsers;
    await browsers.close();
    await fleet.close();
    if (offences.length > 0) throw new Error(`What no page may do: ${offences.join("; ")}`);
  });

  test("shows each account before and after a run, those in trouble first, and has no barrier in light, in dark and on a phone", async () => {
    fleet.exchangeOf("dora").setFlags({ tradingBlocked: true });
    await fleet.run(["halt", "--account", "emil", "--reason", "on holiday"]);
    const running = fleet.start();
    await running.says(/5 of 5 accounts watch for alerts/);
    const page = await openPage();
    expect(await page.locator("#signal").innerText()).toMatch(/No account has seen a signal yet/);
    await photograph(page, "fleet-idle");

    fleet.alert(runOf(NUCLEAR, systemClock.now()));
    await page.getByText("on target 3").waitFor();
    await page.getByText(/trading_blocked/).waitFor();
    const shown = await rows(page);
    expect(shown).toHaveLength(5);
    expect(shown.join("\n")).toMatch(/dora\s+waiting[^]*account-blocked[^]*trading_blocked/);
    expect(shown.findIndex((row) => row.startsWith("dora"))).toBeLessThan(shown.findIndex((row) => row.startsWith("ann")));
    expect(shown.find((row) => row.startsWith("emil"))).toMatch(/halted\s+on holiday/);

    for (const [name, options] of [
      ["fleet-desktop", {}],
      ["fleet-desktop-dark", { dark: true }],
      ["fleet-phone", { phone: true }],
      ["fleet-phone-dark", { phone: true, dark: true }],
    ] as const) {
      const other = await openPage(options);
      expect(await other.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      expect(await barriers(other)).toEqual([]);
      await photograph(other, name);
    }
    expect(await running.stop()).toMatchObject({ code: 0 });
  });

  test("opens the page of one account, and the way back", async () => {
    const running = fleet.start();
    await running.says(/5 of 5 accounts watch for alerts/);
    const page = await openPage();
    await page.getByRole("link", { name: "ben" }).click();
    await page.waitForURL(`${browsers.url}fleet/ben/`);
    await page.locator("#account dt", { hasText: "Equity" }).waitFor();
    await page.locator("#equity").waitFor();
    expect(await barriers(page)).toEqual([]);
    await photograph(page, "fleet-account");
    await page
      .getByRole("link", { name: /fleet|all accounts/i })
      .first()
      .click();
    await page.waitForURL(`${browsers.url}fleet`);

    expect(await rows(page)).toHaveLength(5);
  });

  test("says unmistakably that the fleet is halted, and that it goes on", async () => {
    const running = fleet.start();
    await running.says(/5 of 5 accounts watch for alerts/);
    const page = await openPage();
    await fleet.run(["halt", "--reason", "the broker called"]);
    await page.getByText(/The fleet is halted/).waitFor();
    expect(await page.locator("#alarms").innerText()).toMatch(/the broker called[^]*alpaca-trader resume/);
    await page.waitForFunction("document.title.startsWith('HALTED')");
    await photograph(page, "fleet-halted");
    await fleet.run(["resume"]);
    await page.getByText("5 of 5 accounts watch for alerts").waitFor();

    expect((await page.locator("#alarms").innerText()).trim()).toBe("");
  });
});
