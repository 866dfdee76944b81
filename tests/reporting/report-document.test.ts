import { describe, expect, test } from "@jest/globals";
import { curveOf } from "../../src/reporting/equity-curve.ts";
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
  const facts = { ledger: ledger(), mode: "paper", now: NOW + 5_000, days: 30, reading: undefined, history: undefined, problems: [] };
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
    for (const text of ["BWXT_SELL", "SMR_BUY", "144.93", "145.00", "+4.6 bp", "price doubt", "2025-07-16 10:42:58 EDT"])
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

  test("draws the equity and marks deposits and withdrawals in words", () => {
    const equity = curveOf([point(0, "1000"), point(1, "3500", "2500"), point(2, "3400", "-200")]);
    const page = reportDocument(made({ equity }), ZONE);
    expect(page.match(/<svg/g)).toHaveLength(2);
    expect(page).toContain("deposit +$2,500.00");
    expect(page).toContain("withdrawal -$200.00");
    expect(page).toContain("+2.86 %");
  });

  test("says the time of day below a chart of hours, and the date below one of days", () => {
    const report = made();
    const labels = (equity: ReturnType<typeof curveOf>): string[] =>
      [...reportDocument({ ...report, equity }, ZONE).matchAll(/text-anchor="(?:start|middle|end)">(2025-[^<]+)</g)].map(
        ([, text = ""]) => text,
      );
    expect(labels(curveOf([point(0, "1000"), point(0.25, "1010")])).slice(0, 3)).toEqual([
      "2025-07-16 10:42",
      "2025-07-16 13:42",
      "2025-07-16 16:42",
    ]);
    expect(labels(curveOf([point(0, "1000"), point(4, "1010")])).slice(0, 3)).toEqual(["2025-07-16", "2025-07-18", "2025-07-20"]);
  });

  test("has no chart where nothing is known", () => {
    const page = reportDocument(made({ equity: curveOf([]) }), ZONE);
    expect(page).not.toContain("<svg");
    expect(page).toContain("No equity has been recorded in this period.");
  });
});

describe("a chart", () => {
  const chart = (...values: number[]) =>
    lineChart({
      title: "T",
      points: values.map((value, at) => ({ at, value })),
      marks: [],
      formatValue: (value) => value.toFixed(1),
      formatTime: String,
    }).text;
  const path = (text: string) => /<path class="line" d="([^"]+)"/.exec(text)![1]!;

  test("goes up where the values do, within its frame", () => {
    const heights = [...path(chart(1, 5, 3)).matchAll(/[ML](\S+) (\S+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
    expect(heights[1]![1]).toBeLessThan(heights[2]![1]);
    expect(heights[2]![1]).toBeLessThan(heights[0]![1]);
    for (const [x, y] of heights) {
      expect(x).toBeGreaterThanOrEqual(92);
      expect(x).toBeLessThanOrEqual(886);
      expect(y).toBeGreaterThanOrEqual(22);
      expect(y).toBeLessThanOrEqual(230);
    }
  });

  test.each([[[7]], [[7, 7]], [[0, 0]]])("of %j has no number that is none", (values) => {
    expect(chart(...values)).not.toMatch(/NaN|Infinity/);
  });
});

test("markup escapes every value, in lists too, and takes control characters out", () => {
  expect(html`<b title="${`"><i>`}">${["<", html`<i>${"&"}</i>`]}${"a\u001b[1mb"}${1}</b>`.text).toBe(
    '<b title="&quot;&gt;&lt;i&gt;">&lt;<i>&amp;</i>a [1mb1</b>',
  );
});
