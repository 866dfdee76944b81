import { describe, expect, test } from "@jest/globals";
import { fleetPage } from "../../src/dashboard/fleet-page.ts";
import { accountRow, fleetData, manyAccounts, THREE } from "./fleet-examples.ts";

const ZONE = "America/New_York";

function pageOf(data: ReturnType<typeof fleetData>, page = 1): string {
  return fleetPage(data, { page, zone: ZONE });
}

/** The text of each cell, without tags. */
function rowsOf(html: string): string[][] {
  const body = /<tbody>([^]*)<\/tbody>/.exec(html)?.[1] ?? "";
  return [...body.matchAll(/<tr>([^]*?)<\/tr>/g)].map(([, row = ""]) =>
    [...row.matchAll(/<t[dh][^>]*>([^]*?)<\/t[dh]>/g)].map(([, cell = ""]) => textOf(cell)),
  );
}

function textOf(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

describe("the page of a fleet", () => {
  test("shows the newest signal and every account of a small fleet", () => {
    const page = pageOf(fleetData(THREE));
    const text = textOf(page);
    expect(text).toContain("Paper trading");
    expect(text).toContain("2 of 3 accounts watch for alerts");
    expect(text).toContain("nuclear: SMR 31.2 %, LEU 39.5 %");
    expect(text).toContain("2025-07-16 10:40:50 EDT · 2 min 10 s ago · signal 0123456789abcdef");
    expect(text).toContain("on target 1 off target 1 set aside 1 of 3 accounts");
    expect(rowsOf(page)).toEqual([
      ["broken", "set aside", "–", "The ledger is damaged.", "–", "", "–"],
      ["ira-2 family", "off target", "$100,000.00", "Off target. Left alone: OKLO.", "2 s ago", "halted a test", "PA-ira-2"],
      ["growth canary", "on target", "$1,234,567.89", "", "2 s ago", "", "PA-growth"],
    ]);
    expect(page).toContain('<a href="/fleet/ira-2/">ira-2</a>');
    expect(page).not.toContain("pager");
  });

  test("draws a bar with one stretch for each standing", () => {
    const stretches = [...pageOf(fleetData(manyAccounts(10))).matchAll(/<rect class="(\w+)" x="(\d+)" y="0" width="(\d+)"/g)];
    expect(stretches.map(([, tone, x, width]) => [tone, x, width])).toEqual([
      ["good", "0", "9"],
      ["warn", "9", "1"],
    ]);
  });

  test("shows 200 of 500 accounts at a time, those in trouble first", () => {
    const data = fleetData(manyAccounts(500));
    const [first, second, third, beyond] = [1, 2, 3, 9].map((page) => pageOf(data, page));
    const names = (page = ""): (string | undefined)[] => rowsOf(page).map(([name]) => name);
    expect([names(first).length, names(second).length, names(third).length]).toEqual([200, 200, 100]);
    expect(names(first)[0]).toBe("a001");
    expect(names(third).at(-1)).toBe("a500");
    expect(textOf(first!)).toContain("1 to 200 of 500 Next");
    expect(textOf(second!)).toContain("Previous 201 to 400 of 500 Next");
    expect(textOf(third!)).toContain("Previous 401 to 500 of 500");
    expect(third).not.toContain("page=4");
    expect(beyond).toBe(third);
    expect(textOf(first!)).toContain("on target 499 off target 1 of 500 accounts");
  });

  test("escapes every text", () => {
    const evil = `"><script>alert('1')</script>`;
    const row = accountRow(evil, { group: evil, number: evil, reason: evil, halted: evil, standing: "off-target" });
    const signal = { id: evil, strategy: evil, wanted: evil, weights: {}, generated_at: "2025-07-16T14:40:50.000Z" };
    const page = pageOf(fleetData([row], { mode: evil, halted: evil, problems: [evil], alerts_problems: [evil], signal }));
    expect(page.match(/<script/g)).toEqual(["<script"]);
    expect(page).toContain('<script type="module" src="/page/page.js"></script>');
    expect(page).not.toContain("alert('1')");
    expect(page.match(/&quot;&gt;&lt;script&gt;alert\(&#39;1&#39;\)/g)?.length).toBeGreaterThan(8);
  });

  test("has no script and no style in it, as the policy requires", () => {
    const page = pageOf(fleetData(THREE));
    expect(page).not.toMatch(/ style=| on\w+=|<style/);
    expect(page).not.toMatch(/<script(?![^>]*src=)/);
    expect([...page.matchAll(/(?:src|href)="([^"]+)"/g)].filter(([, path]) => !/^[/#]/.test(path!))).toEqual([]);
  });

  test("before the first signal shows what each account does", () => {
    const accounts = (["ready", "starting", "failed"] as const).map((state) => accountRow(state, { state, standing: "missing" }));
    const page = pageOf(fleetData(accounts, { signal: null }));
    expect(textOf(page)).toContain("No account has seen a signal yet.");
    expect(rowsOf(page).map((row) => row[1])).toEqual(["watching", "starting", "restarting"]);
  });

  test("names the state of an account that does not watch, next to its standing", () => {
    const page = pageOf(fleetData([accountRow("growth", { state: "failed" })]));
    expect(rowsOf(page)[0]?.[1]).toBe("on target restarting");
  });

  test("says first of all that the fleet is halted, and what is wrong with its alerts", () => {
    const text = textOf(pageOf(fleetData(THREE, { halted: "a test", problems: ["One."], alerts_problems: ["Two."] })));
    expect(text).toContain("HALTED · PAPER · fleet");
    expect(text).toContain("The fleet is halted. No orders are sent: a test. To go on: alpaca-trader resume");
    expect(text).toContain("One.Two.");
  });

  test("names the workers of a fleet with a database, and its own way to resume", () => {
    const workers = [{ worker: "one 4711", accounts: 2, seen_seconds_ago: 1 }];
    const text = textOf(pageOf(fleetData(THREE, { halted: "a test", workers })));
    expect(text).toContain("To go on: alpaca-trader fleet resume");
    expect(text).toMatch(/Workers[\s\S]*one 4711 ?2 ?1 s ago/);
    expect(textOf(pageOf(fleetData(THREE, { workers: [] })))).toContain("No worker has been heard of.");
    expect(textOf(pageOf(fleetData(THREE)))).not.toContain("Workers");
  });

  test("has the right words for one account", () => {
    expect(textOf(pageOf(fleetData([accountRow("growth")])))).toContain("of 1 account 1 account");
  });
});
