import { describe, expect, test } from "@jest/globals";
import { curveOf } from "../../src/reporting/equity-curve.ts";
import { timeTicks } from "../../src/reporting/chart-axis.ts";
import { html } from "../../src/reporting/html.ts";
import { lineChart } from "../../src/reporting/line-chart.ts";
import { REPORT_DOCUMENT, reportDocument } from "../../src/reporting/report-document.ts";
import { buildReport, type Report } from "../../src/reporting/report.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { NOW, recordExecuted, ZONE } from "./examples.ts";
import { freshLedger } from "./in-memory-ledger.ts";

const ledger = freshLedger();
const DAY_MS = 86_400_000;

function made(change: Partial<Report> = {}): Report {
  recordExecuted(ledger());
  const aside = { reserve: decimal("0.01"), protectedSymbols: new Set<string>() };
  const facts = {
    ledger: ledger(),
    mode: "paper",
    aside,
    now: NOW + 5_000,
    days: 30,
    reading: undefined,
    history: undefined,
    problems: [],
  };
  return { ...buildReport(facts), ...change };
}

const point = (day: number, equity: string, flow = "0") => ({ at: NOW + day * DAY_MS, equity: decimal(equity), flow: decimal(flow) });

describe("the report as a page", () => {
  test("is one file that loads nothing and runs nothing", () => {
    const page = reportDocument(made(), ZONE);
    expect(page.startsWith(REPORT_DOCUMENT.mark)).toBe(true);
    expect(page).not.toMatch(/<script|<link|<iframe|<img|@import|url\(|\bsrc=|\bhref=|https?:|javascript:|\bon\w+=/i);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).toContain("prefers-color-scheme: dark");
    expect(page).toContain("@media print");
  });

  test("names the execution with its orders, what they were decided at and what they cost", () => {
    const page = reportDocument(made(), ZONE);
    for (const text of ["BWXT_SELL", "SMR_BUY", "144.93", "145.00", "+4.6 bp", "price doubt", "2025-07-16 10:42:58 EDT", "first order"])
      expect(page).toContain(text);
  });

  test("never lets a text from outside become a tag", () => {
    const evil = `<script>alert("1")</script><img src=x onerror='x'>&`;
    const report = made();
    const executions = report.executions.map((execution) => ({ ...execution, reason: evil, id: evil, strategy: evil }));
    const page = reportDocument({ ...report, executions, warnings: [evil] }, ZONE);
    expect(page).not.toMatch(/<script|<img/);
    expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&lt;img src=x onerror=&#39;x&#39;&gt;&amp;");
  });

  test("draws the equity next to the benchmark, and marks deposits and withdrawals in words", () => {
    const bar = (session: string, close: number) => ({ session, open: close, high: close, low: close, close, volume: 1 });
    const bars = [bar("2025-07-16", 600), bar("2025-07-17", 606), bar("2025-07-18", 612.06)];
    const equity = curveOf([point(0, "1000"), point(1, "3500", "2500"), point(2, "3400", "-200")], { symbol: "SPY", bars });
    expect(equity.benchmark).toMatchObject({ return: "0.0201", points: [{ value: "1000" }, { value: "3535" }, { value: "3370.35" }] });
    const page = reportDocument(made({ equity }), ZONE);
    expect(page).toContain("deposit +$2,500.00");
    expect(page).toContain("withdrawal -$200.00");
    expect(page).toContain("+2.86 %");
    expect(page).toMatch(/SPY<\/dt>\s*<dd><span class="good">\+2\.01 %/);
    expect(page).toContain('class="other"');
  });

  test("has no chart where nothing is known, and none of an account that has not moved", () => {
    const report = made();
    const nothing = reportDocument({ ...report, equity: curveOf([]) }, ZONE);
    expect(nothing).not.toContain('class="chart ');
    expect(nothing).toContain("No equity is known for the last 30 days.");
    const flat = reportDocument({ ...report, equity: curveOf([point(0, "1000"), point(1, "1000")]) }, ZONE);
    expect(flat).not.toContain('class="chart ');
    expect(flat).toContain("The account has been worth $1,000.00 since 2025-07-16 10:42:58 EDT. The chart begins when it moves.");
  });
});

describe("a chart", () => {
  const chart = (...values: number[]) =>
    lineChart({
      title: "T",
      points: values.map((value, at) => ({ at: at * DAY_MS, value })),
      leastSpan: 0.5,
      formatValue: String,
      zone: "UTC",
      height: 200,
    }).text;
  const path = (text: string) => /<path class="line" [^>]*d="([^"]+)"/.exec(text)![1]!;
  const labels = (text: string) => [...text.matchAll(/text-anchor="end">([^<]+)</g)].map(([, label]) => label);

  test("goes up where the values do, within its frame", () => {
    const heights = [...path(chart(1, 5, 3)).matchAll(/[ML](\S+) (\S+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
    expect(heights[1]![1]).toBeLessThan(heights[2]![1]);
    expect(heights[2]![1]).toBeLessThan(heights[0]![1]);
    for (const place of heights.flat()) {
      expect(place).toBeGreaterThanOrEqual(0);
      expect(place).toBeLessThanOrEqual(1_000);
    }
  });

  test("has round numbers at its axis, and never looks dramatic over nothing", () => {
    expect(labels(chart(99_312.4, 104_871.9)).slice(0, 4)).toEqual(["98000", "100000", "102000", "104000"]);
    expect(labels(chart(7, 7.01)).slice(0, 7)).toEqual(["6.7", "6.8", "6.9", "7", "7.1", "7.2", "7.3"]);
  });

  test.each([[[7]], [[7, 7]], [[0, 0]]])("of %j has no number that is none", (values) => {
    expect(chart(...values)).not.toMatch(/NaN|Infinity/);
  });
});

describe("the axis of time", () => {
  const at = (text: string) => Date.parse(text);
  const labels = (from: string, to: string) => timeTicks(at(from), at(to), ZONE).map(({ label }) => label);

  test("has the hours of a day, the days of a week, the weeks of a month and the months of a year", () => {
    expect(labels("2025-07-16T13:30:00Z", "2025-07-16T20:00:00Z")).toEqual(["10:00", "12:00", "14:00", "16:00"]);
    expect(labels("2025-07-09T20:00:00Z", "2025-07-16T20:00:00Z")).toEqual(["Jul 11", "Jul 13", "Jul 15"]);
    expect(labels("2025-06-16T20:00:00Z", "2025-07-16T20:00:00Z")).toEqual(["Jun 23", "Jun 30", "Jul 7", "Jul 14"]);
    expect(labels("2024-07-16T20:00:00Z", "2025-07-16T20:00:00Z")).toEqual(["Oct 2024", "Jan 2025", "Apr 2025", "Jul 2025"]);
  });

  test("keeps to the wall clock when the clocks change", () => {
    const ticks = timeTicks(at("2025-11-01T04:00:00Z"), at("2025-11-04T05:00:00Z"), ZONE);
    expect(ticks.map(({ label }) => label)).toEqual(["Nov 1", "Nov 2", "Nov 3", "Nov 4"]);
  });
});

test("markup escapes every value, in lists too, and takes control characters out", () => {
  expect(html`<b title="${`"><i>`}">${["<", html`<i>${"&"}</i>`]}${"a\u001b[1mb"}${1}</b>`.text).toBe(
    '<b title="&quot;&gt;&lt;i&gt;">&lt;<i>&amp;</i>a [1mb1</b>',
  );
});
