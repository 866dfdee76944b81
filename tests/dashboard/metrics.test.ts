import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import * as prometheus from "prom-client";
import { systemClock } from "../../src/domain/clock.ts";
import { Metrics } from "../../src/dashboard/metrics.ts";
import { OpenDashboard } from "./open-dashboard.ts";

let dashboard: OpenDashboard;

beforeEach(() => {
  dashboard = new OpenDashboard();
});

afterEach(() => dashboard.close());

/** `name{labels}` → value, as the exposition format says it; every line must be one that it allows. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const typed = new Set<string>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) ?(.*)$/.exec(line);
    if (comment !== null) {
      if (comment[1] === "TYPE") addType(comment[2]!, comment[3]!, typed);
      continue;
    }
    const sample =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})? (-?[\d.]+(?:e[+-]?\d+)?|NaN|Nan|[+-]Inf)$/.exec(line);
    if (sample === null) throw new Error(`This is no line of the exposition format: ${line}`);
    expect([...typed].some((name) => sample[1]!.startsWith(name))).toBe(true);
    samples.set(`${sample[1]!}${sample[2] ?? ""}`, Number(sample[3]));
  }
  return samples;
}

function addType(name: string, type: string, typed: Set<string>): void {
  expect(type).toMatch(/^(counter|gauge|histogram|summary)$/);
  expect(typed.has(name)).toBe(false);
  typed.add(name);
  expect(name.endsWith("_total")).toBe(type === "counter");
}

async function scrape(): Promise<Map<string, number>> {
  const { status, text, headers } = await dashboard.get("/metrics");
  expect([status, headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  return samplesOf(text);
}

describe("/metrics", () => {
  test("describes the account, the daemon and the process", async () => {
    dashboard.daemonState = { ...dashboard.daemonState, sinceCheckMs: 400, stream: "lost", waiting: 2 };
    dashboard.halt("a test");
    const samples = await scrape();
    for (const [name, value] of Object.entries({
      'alpaca_trader_info{mode="paper",broker="the test venue"}': 1,
      alpaca_trader_equity_dollars: 100_000,
      alpaca_trader_cash_dollars: 100_000,
      alpaca_trader_day_profit_dollars: 0,
      alpaca_trader_broker_up: 1,
      alpaca_trader_market_open: 1,
      alpaca_trader_halted: 1,
      alpaca_trader_daemon_up: 1,
      alpaca_trader_connected: 1,
      alpaca_trader_queue_depth: 2,
      alpaca_trader_alerts_look_age_seconds: 0.4,
      alpaca_trader_open_executions: 0,
      'alpaca_trader_stream_state{state="lost"}': 1,
      'alpaca_trader_stream_state{state="listening"}': 0,
      'alpaca_trader_executions_total{outcome="on-target"}': 0,
      'alpaca_trader_verdicts_total{strategy="nuclear",verdict="executed"}': 0,
    }))
      expect([name, samples.get(name)]).toEqual([name, value]);
    expect(samples.get("process_resident_memory_bytes")).toBeGreaterThan(0);
    expect([...samples.keys()].filter((name) => name.startsWith("nodejs_active_") && name.includes("_total"))).toEqual([]);
  });

  test("counts events since the start once, however often it is scraped", async () => {
    // The example happened long ago, by the stamps in it.
    const metrics = new Metrics(prometheus, dashboard.view, 0);
    dashboard.execute();
    await metrics.scrape();
    const samples = samplesOf(await metrics.scrape());
    for (const [name, value] of Object.entries({
      'alpaca_trader_executions_total{outcome="off-target"}': 1,
      'alpaca_trader_executions_total{outcome="on-target"}': 0,
      'alpaca_trader_verdicts_total{strategy="nuclear",verdict="executed"}': 1,
      'alpaca_trader_orders_total{side="sell",status="filled"}': 1,
      'alpaca_trader_orders_total{side="buy",status="canceled"}': 1,
      'alpaca_trader_order_latency_seconds_count{until="fill"}': 1,
      alpaca_trader_alert_to_order_seconds_count: 1,
      alpaca_trader_execution_cost_bps_count: 1,
    }))
      expect([name, samples.get(name)]).toEqual([name, value]);
    expect(samples.get('alpaca_trader_order_latency_seconds_sum{until="fill"}')).toBeCloseTo(0.8);
  });

  test("leaves out earlier events and unknown values", async () => {
    dashboard.execute();
    dashboard.breakBroker();
    const samples = samplesOf(await new Metrics(prometheus, dashboard.view, systemClock.now() + 1).scrape());
    expect(samples.get('alpaca_trader_executions_total{outcome="off-target"}')).toBe(0);
    expect(samples.get("alpaca_trader_broker_up")).toBe(0);
    for (const unknown of ["alpaca_trader_equity_dollars", "alpaca_trader_cash_dollars", "alpaca_trader_market_open"])
      expect(samples.has(unknown)).toBe(false);
  });
});

/** Names of series that a scrape can hold. */
function knownSeries(): Set<string> {
  const { registry } = new Metrics(prometheus, dashboard.view, 0);
  return new Set(
    registry
      .getMetricsAsArray()
      .flatMap(({ name, type }) => (String(type) === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])),
  );
}

function textOf(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
}

function seriesIn(expressions: readonly string[]): Set<string> {
  return new Set(expressions.flatMap((expression) => expression.match(/\b(alpaca_trader|process|nodejs)_\w+/g) ?? []));
}

describe("the Grafana dashboard", () => {
  test("uses only existing metrics, and all of ours", () => {
    const known = knownSeries();
    const expressions = [...textOf("grafana-dashboard.json").matchAll(/"expr": "((?:[^"\\]|\\.)*)"/g)].map(
      ([, expression]) => JSON.parse(`"${expression!}"`) as string,
    );
    expect(expressions.length).toBeGreaterThan(10);
    const used = seriesIn(expressions);
    expect([...used].filter((name) => !known.has(name))).toEqual([]);
    const own = [...known].filter((name) => name.startsWith("alpaca_trader_") && !/_(sum|count)$/.test(name));
    expect(own.filter((name) => !used.has(name) && !name.endsWith("_info"))).toEqual([]);
  });
});

describe("the alert rules for Prometheus", () => {
  const text = textOf("prometheus-alerts.yml");
  const expressions = [...text.matchAll(/^ {8}expr: (?:>-\n((?: {10}.*\n)+)|(.*))/gm)].map(([, folded, plain]) => folded ?? plain ?? "");

  test("use only existing metrics", () => {
    const known = knownSeries();
    expect(expressions).toHaveLength(text.match(/- alert: /g)!.length);
    for (const expression of expressions) {
      const used = seriesIn([expression]);
      expect([expression, [...used].filter((name) => !known.has(name))]).toEqual([expression, []]);
      expect([expression, used.size > 0 || expression.includes("up{")]).toEqual([expression, true]);
    }
  });

  test("use existing labels and values", async () => {
    const scraped = [...(await scrape()).keys()].join("\n");
    const values = (label: string): string[] =>
      expressions
        .flatMap((expression) => [...expression.matchAll(new RegExp(`[{,]${label}=~?"([^"]+)"`, "g"))])
        .flatMap(([, list = ""]) => list.split("|"));
    for (const label of ["outcome", "verdict", "state"]) {
      expect(values(label).length).toBeGreaterThan(0);
      for (const value of values(label)) expect(scraped).toContain(`${label}="${value}"`);
    }
    expect(values("status")).toEqual(["refused", "rejected"]);
    expect(seriesIn(expressions)).toContain("alpaca_trader_alerts_refused");
    expect(scraped).toContain('alpaca_trader_alerts_refused{strategy="nuclear"}');
  });
});
