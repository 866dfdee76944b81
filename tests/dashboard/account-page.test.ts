import { afterEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { readRecent, signal } from "./recent.ts";
import { OpenDashboard } from "./open-dashboard.ts";

let made: OpenDashboard;

afterEach(() => made.close());

/** Without tags. */
function textOf(html: string): string {
  return html
    .replaceAll(/<style>[^]*?<\/style>|<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ([.,:])/g, "$1")
    .replaceAll("&#39;", "'")
    .trim();
}

async function pageOf(path = "/"): Promise<string> {
  return (await made.get(path)).text;
}

const part = (page: string, id: string): string => new RegExp(`id="${id}"[^]*?(?=<section|</main>)`).exec(page)?.[0] ?? "";

describe("the page of an account", () => {
  test("shows the money first, as of when it was so, and what is wrong with the plumbing only where something is", async () => {
    made = new OpenDashboard();
    await made.view.data();
    const page = await pageOf();
    expect(textOf(part(page, "account"))).toMatch(
      /as of 2\d{3}-.* UTC · just now Equity \$100,000\.00 account \S+ Today's P\/L .* Cash \$100,000\.00 100\.0 % of the account/,
    );
    expect(textOf(part(page, "plumbing"))).toMatch(
      /^.*Market .* the test venue read just now .*order updates live .*daemon up since .*no alert yet/,
    );
    expect(part(page, "plumbing")).not.toContain("badge");
    expect(page.indexOf('id="account"')).toBeLessThan(page.indexOf('id="equity"'));
  });

  test("keeps what was known when the broker is away, says from when it is, and never calls it up to date", async () => {
    made = new OpenDashboard();
    made.execute();
    made.breakBroker();
    const page = await pageOf();
    expect(textOf(part(page, "account"))).toMatch(
      /not up to date as of 2025-07-16 14:42:58 UTC · .* ago, as the last execution recorded it Equity \$99,950\.00/,
    );
    expect(textOf(page)).toContain("the test venue cannot be read: connect ECONNREFUSED");
    expect(part(page, "plumbing")).toContain('<span class="badge bad">the test venue does not answer</span>');
    expect(textOf(part(page, "holdings"))).toMatch(/LEU \$39,000\.00/);
  });

  test("before anything is known says why, in place of empty boxes", async () => {
    made = new OpenDashboard();
    made.breakBroker();
    const page = await pageOf();
    expect(textOf(part(page, "account"))).toContain("Nothing is known of the account yet: the test venue has not been read");
    expect(textOf(part(page, "executions"))).toContain("No execution yet.");
    expect(textOf(part(page, "equity"))).toContain("No equity is known for the last month.");
  });

  test("never shows a signal whose execution failed in green", async () => {
    made = new OpenDashboard();
    made.execute();
    const page = await pageOf();
    const signals = part(page, "signals");
    expect(signals).toContain('<span class="badge warn">off target</span>');
    expect(signals).not.toContain("badge good");
    expect(part(page, "live")).toContain('<span class="badge warn">off target</span>');
  });

  test("draws each execution from the alert to its end, with its cost", async () => {
    made = new OpenDashboard();
    made.execute();
    const page = await pageOf();
    expect(textOf(/<ol class="timeline">[^]*?<\/ol>/.exec(part(page, "executions"))?.[0] ?? "")).toBe(
      "alert 0 s first order +10.0 s sells done +10.8 s buys done +12.9 s off target cost +12.1 bp ($20.83)",
    );
  });

  test("says since when it is halted, why, and what a resume would run", async () => {
    made = new OpenDashboard();
    readRecent(made.ledger, signal("fresh", systemClock.now() - 20_000));
    made.halt("a look at the prices");
    const page = await pageOf();
    expect(page).toContain('data-halted="true"');
    expect(textOf(page)).toMatch(/^HALTED · PAPER/);
    expect(textOf(part(page, "alarms"))).toMatch(
      /Trading is halted since 2\d{3}-.* UTC · just now: a look at the prices\. No orders are sent\. On resume, nuclear: SMR 31\.2 %, LEU 39\.5 %, OKLO 29\.3 % runs, if that is before \d\d:\d\d:\d\d UTC\. To go on: alpaca-trader resume/,
    );
  });

  test("of a halt with no fresh alert says that nothing would run", async () => {
    made = new OpenDashboard();
    made.execute();
    made.halt("over night");
    expect(textOf(part(await pageOf(), "alarms"))).toContain("On resume nothing runs at once: no alert is fresh. The next one will.");
  });

  test("has the record of each execution at a separate address, and never a text as a tag", async () => {
    made = new OpenDashboard();
    made.execute();
    const [{ id } = { id: "" }] = await made.json<{ id: string }[]>("/api/executions");
    const record = await pageOf(`/executions/${id}`);
    for (const text of ["BWXT_SELL", "Plan, first", "Step by step", "Not completed"]) expect(textOf(record)).toContain(text);
    expect(await made.get("/executions/none")).toMatchObject({ status: 404 });
    made.breakBroker("<script>alert(1)</script>");
    made.view.broker.forgetAccount();
    made.view.changed();
    expect(await pageOf()).not.toContain("<script>alert");
  });

  test("holds no script and no style, as the policy requires, and can be read without them", async () => {
    made = new OpenDashboard();
    made.execute();
    const page = await pageOf();
    expect(page).not.toMatch(/ style=| on\w+=|<style|<script(?![^>]*src=)/);
    expect(page).toContain('<noscript><meta http-equiv="refresh" content="10" /></noscript>');
  });
});
