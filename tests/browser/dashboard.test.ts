import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { HEDGE, NUCLEAR } from "../scenarios/strategy.ts";
import { barriers, photograph } from "./browsers.ts";
import { Stage } from "./stage.ts";

let stage: Stage;

afterEach(async () => {
  const { offences } = stage;
  await stage.close();
  if (offences.length > 0) throw new Error(`What no page may do: ${offences.join("; ")}`);
});

/** The page with the account and the curve on it. */
async function openPage(options: Parameters<Stage["page"]>[0] = {}): Promise<Page> {
  const page = await stage.page(options);
  await page.goto(stage.url);
  await page.getByLabel(/Token of this dashboard/).fill(stage.token);
  await page.keyboard.press("Enter");
  await page.waitForURL(stage.url);
  await page.getByText("page live").waitFor();
  await page.locator("#equity .plot").first().waitFor();
  await page.locator("#account dt", { hasText: "Equity" }).waitFor();
  return page;
}

/** Each phase and each state of an order, once, in the order in which the page shows them. */
const KEEP_WHAT_IS_SEEN = `
  globalThis.seen = [];
  const keep = (text) => globalThis.seen.includes(text) || globalThis.seen.push(text);
  new MutationObserver(() => {
    for (const step of document.querySelectorAll("#live [aria-current=step]")) keep("phase " + step.innerText);
    for (const row of document.querySelectorAll("#live[data-busy=true] tbody tr"))
      keep(row.querySelector("th").innerText.split(" ").at(-1) + " " + row.querySelector(".badge").innerText);
  }).observe(document.querySelector("#live"), { childList: true, subtree: true });
`;

const textOf = async (page: Page, selector: string): Promise<string> =>
  (await page.locator(selector).innerText()).replaceAll("\u00a0", " ");

describe("the page in a browser", () => {
  beforeEach(async () => {
    stage = await Stage.open();
    await stage.startDaemon();
  });

  test("shows in one look how the account stands, and has no barrier in light, in dark and on a phone", async () => {
    for (const [name, options] of [
      ["idle-desktop", {}],
      ["idle-desktop-dark", { dark: true }],
      ["idle-phone", { phone: true }],
      ["idle-phone-dark", { phone: true, dark: true }],
    ] as const) {
      const page = await openPage(options);
      expect(await textOf(page, "header")).toMatch(/Paper trading[^]*Running/i);
      expect(await textOf(page, "#plumbing")).toMatch(/Market open until .* \S+[^]*read [^]*order updates live[^]*no alert yet/);
      expect(await textOf(page, "#account")).toMatch(
        /as of 2\d{3}-.* \S+[^]*Equity\s+\$[\d,]+\.\d\d[^]*Open positions[^]*Cash\s+\$15,500\.00/,
      );
      expect(await textOf(page, "#equity")).toMatch(
        /Return \(excl\. deposits\)\s+[+-]?[\d.]+ %[^]*SPY\s+[+-]?[\d.]+ %[^]*Deposits less withdrawals\s+\$3,500\.00/,
      );
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      expect(await barriers(page)).toEqual([]);
      await photograph(page, name);
    }
  });

  test("shows a rebalance while it happens, and why it did what it did", async () => {
    const page = await openPage();
    const phone = await openPage({ phone: true, dark: true });
    await page.evaluate(KEEP_WHAT_IS_SEEN);
    stage.alert(NUCLEAR);
    await page
      .locator("#live[data-busy=true] tr", { hasText: "OKLO" })
      .getByText(/working|partly filled/)
      .waitFor();
    expect(await textOf(page, "header")).toMatch(/Trading/);
    await phone.locator("#live[data-busy=true]").waitFor();
    const top = async (selector: string): Promise<number> => (await phone.locator(selector).boundingBox())?.y ?? NaN;
    expect(await top("#live")).toBeLessThan(await top("#account"));
    await Promise.all([photograph(page, "dashboard", false), photograph(phone, "dashboard-phone-dark", false)]);
    await Promise.all([photograph(page, "trading-desktop"), photograph(phone, "trading-phone-dark")]);
    expect(await textOf(page, "#announcement")).not.toBe("");
    expect(await barriers(page)).toEqual([]);

    await page.locator("#live", { hasText: "Last execution" }).locator(".badge", { hasText: "on target" }).waitFor();
    const row = page.locator("#holdings tr", { hasText: "OKLO" });
    await row
      .getByText(/29\.\d %/)
      .first()
      .waitFor();
    await page.locator("#signals .badge", { hasText: "on target" }).first().waitFor();
    expect(await textOf(page, "#signals")).toMatch(/on target[^]*nuclear: SMR 31\.2 %, LEU 39\.5 %, OKLO 29\.3 %/);
    expect(await textOf(page, "#executions .timeline")).toMatch(
      /alert 0 s[^]*first order \+[^]*sells done \+[^]*buys done \+[^]*on target \+[^]*cost /,
    );

    const entry = page.locator("#executions details").first();
    await entry.locator("summary").press("Enter");
    await entry.getByText("Step by step").waitFor();
    const record = await entry.innerText();
    for (const part of ["Signal", "Fills", "Plan, first", "Prices seen", "Cost", "Decided at", "Step by step"])
      expect(record).toContain(part);
    expect(record).toMatch(/OKLO_BUY[^]*Held[^]*OKLO\s+29\.3 %/);
    // What a reader has opened stays open while the page is renewed.
    await page.waitForResponse(stage.url);
    expect(await entry.getAttribute("open")).not.toBeNull();
    expect(await barriers(page)).toEqual([]);
    expect(await barriers(phone)).toEqual([]);
    await Promise.all([photograph(page, "after-desktop"), photograph(phone, "after-phone-dark")]);
  });

  test("comes back by itself when the daemon has been restarted, and goes on showing what happens", async () => {
    const page = await openPage();
    expect(await stage.stopDaemon()).toBe(0);
    await page.getByText("page not live: reconnecting…").waitFor();
    await stage.startDaemon();
    await page.getByText("page live").waitFor();
    stage.alert(HEDGE);
    await page.locator("#live[data-busy=true]").waitFor();
    await page.locator("#live", { hasText: "Last execution" }).locator(".badge", { hasText: "on target" }).waitFor();
    // The holdings follow the end of the execution a moment later.
    await page.locator("#holdings tr", { hasText: "LEU" }).waitFor({ state: "detached" });
    expect(await textOf(page, "#holdings")).toMatch(/UVXY[^]*BTAL/);
  });

  test("can be used with the keyboard alone", async () => {
    const page = await openPage();
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.className")).toBe("skip");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.innerText")).toBe("Day");
    for (const range of ["Week", "Month", "All"]) {
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.innerText")).toBe(range);
    }
    await page.keyboard.press("Enter");
    await page.locator("#equity .ranges [aria-current]", { hasText: "All" }).waitFor();
    expect(await page.evaluate("document.activeElement.innerText")).toBe("All");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page
      .locator("#chart-data tr", { hasText: /\+\$5,000\.00/ })
      .first()
      .waitFor();
  });

  test("shows the point of the curve under the pointer, and the newest one otherwise", async () => {
    const page = await openPage();
    const readout = page.locator("#equity .readout");
    const newest = await readout.innerText();
    expect(newest).toMatch(/^2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d \S+ · \$[\d,]+\.\d\d/);
    const plot = page.locator("#equity .plot").first();
    const box = await plot.boundingBox();
    await plot.hover({ position: { x: (box?.width ?? 0) / 4, y: 20 } });
    await readout.filter({ hasNotText: newest }).waitFor();
    expect(await readout.innerText()).toMatch(/ · \$[\d,]+\.\d\d/);
    await page.mouse.move(2, 2);
    for (const range of ["All", "Week", "Day"]) {
      await page.getByRole("link", { name: range, exact: true }).click();
      await page.locator("#equity .ranges [aria-current]", { hasText: range }).waitFor();
      await photograph(page, `range-${range.toLowerCase()}`, false);
    }
  });

  test("says unmistakably that trading is halted, and that it goes on", async () => {
    const page = await openPage();
    await stage.run("halt", "--reason", "a look at the prices").end();
    await page.locator(".alarm.halt").waitFor();
    expect(await textOf(page, "#alarms")).toMatch(
      /Trading is halted since 2\d{3}-.* · .*: a look at the prices\. No orders are sent\.\s+On resume nothing runs at once/,
    );
    expect(await page.title()).toMatch(/^HALTED/);
    expect(await barriers(page)).toEqual([]);
    await photograph(page, "halted-desktop");
    await stage.run("resume").end();
    await page.locator(".alarm.halt").waitFor({ state: "detached" });
  });
});

describe("while alerts are refused", () => {
  test("the page says so, and why, until they are read again", async () => {
    stage = await Stage.open();
    stage.alert([]);
    await stage.startDaemon();
    const page = await openPage();
    stage.alertsMode(0o666);
    await page.locator("#state", { hasText: "Alerts refused" }).waitFor();
    expect(await textOf(page, "#alarms")).toMatch(/^Alerts of nuclear are refused: .* can be written by anyone .*chmod 644/);
    expect(await barriers(page)).toEqual([]);
    await photograph(page, "refused-desktop");
    stage.alertsMode(0o644);
    await page.locator("#state", { hasText: "Running" }).waitFor();
    expect(await textOf(page, "#alarms")).toBe("");
  });
});

describe("the printed link", () => {
  beforeEach(async () => {
    stage = await Stage.open();
  });

  test("logs in with one click, and leaves nothing in the address that would log in another browser", async () => {
    const beside = stage.run("dashboard", "--port", new URL(stage.url).port);
    await beside.says(/one-time login link: (\S+)/);
    const link = /one-time login link: (\S+)/.exec(beside.output)?.[1] ?? "";
    const page = await stage.page();
    await page.goto(link);
    await page.waitForURL(stage.url);
    await page.locator("#state .badge").waitFor();
    await page.goto("about:blank");
    await page.goto(link);
    await page.waitForURL(stage.url);
    await page.goBack();
    expect(page.url()).not.toContain("code");

    const other = await stage.page();
    await other.goto(link);
    await other.waitForURL(/wrong/);
    expect(await textOf(other, "main")).toMatch(/dashboard-token[^]*the link was already used/);
    expect(await barriers(other)).toEqual([]);
    await photograph(other, "login-desktop");
    await beside.stop();
  });
});

describe("in live mode and with a token", () => {
  test("the banner is unmistakable, and nothing is seen before the token is shown", async () => {
    stage = await Stage.open({ TRADING_MODE: "live", DASHBOARD_TOKEN: "open-sesame-123" });
    await stage.startDaemon();
    const page = await stage.page();
    await page.goto(stage.url);
    expect(page.url()).toBe(`${stage.url}login`);
    expect(await barriers(page)).toEqual([]);
    await page.getByLabel(/Token of this dashboard/).fill("open-sesame-124");
    await page.keyboard.press("Enter");
    await page.waitForURL(/wrong/);
    await page.getByLabel(/Token of this dashboard/).fill("open-sesame-123");
    await page.keyboard.press("Enter");
    await page.locator("#state .badge").waitFor();
    expect(await textOf(page, "header")).toMatch(/LIVE · REAL MONEY/);
    expect(await page.title()).toMatch(/^LIVE/);
    await page.locator("#equity .plot").first().waitFor();
    expect(await barriers(page)).toEqual([]);
    await photograph(page, "live-desktop");
  });
});
