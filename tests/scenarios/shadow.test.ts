import { existsSync, readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import type { Report } from "../../src/reporting/report.ts";
import { KEY, LIMIT_MS, Scenario, SECRET } from "./harness.ts";
import { HEDGE, NUCLEAR } from "./strategy.ts";
import { expectExit } from "./trader-process.ts";

const POSITIONS = [
  { symbol: "BWXT", quantity: decimal("100"), averagePrice: decimal("20") },
  { symbol: "TQQQ", quantity: decimal("500"), averagePrice: decimal("20") },
];

interface Shadow {
  readonly scenario: Scenario;
  /** Methods of the requests that reached the live venue. */
  readonly methods: string[];
}

/** An installation in shadow mode: what it calls live is a simulator, over HTTP. */
async function open(): Promise<Shadow> {
  const scenario = await Scenario.open({
    env: { ALPACA_PAPER_ENDPOINT: undefined, ALPACA_PAPER_KEY: undefined, ALPACA_PAPER_SECRET: undefined },
    venue: { positions: POSITIONS },
  });
  Object.assign(scenario.env, { TRADING_MODE: "shadow", ALPACA_ENDPOINT: scenario.simulator.url, ALPACA_KEY: KEY, ALPACA_SECRET: SECRET });
  const methods: string[] = [];
  const { venue } = scenario.simulator;
  const handle = venue.handle.bind(venue);
  Object.assign(venue, {
    handle: (request: Parameters<typeof handle>[0]) => {
      methods.push(request.method);
      return handle(request);
    },
  });
  return { scenario, methods };
}

function expectUntouched({ scenario, methods }: Shadow): void {
  expect(new Set(methods)).toEqual(new Set(["GET"]));
  expect(scenario.orders).toEqual([]);
  const shares = [...scenario.simulator.exchange.state.positions.values()].map(({ symbol, quantity }) => `${symbol} ${quantity.toFixed()}`);
  expect(shares).toEqual(["BWXT 100", "TQQQ 500"]);
}

describe("shadow mode", () => {
  test(
    "executes a run on paper, says so everywhere, and leaves the live account alone",
    async () => {
      const shadow = await open();
      const { scenario } = shadow;
      scenario.alert(NUCLEAR);

      const doctor = await scenario.run(["doctor"]);
      expect(doctor.stdout).toMatch(/accepts the API key and its secret: SHADOW mode reads the live account and sends nothing/);
      expect(doctor.stdout).toMatch(
        /positions \(live account\): a first live run would sell all BWXT \(\$10,000\.00\), all TQQQ \(\$40,000\.00\)/,
      );
      expect(existsSync(scenario.path("state", "shadow-account.sqlite"))).toBe(false);

      const executed = await scenario.run(["execute"]);
      expectExit(executed, 0);
      expect(executed.stdout).toContain("SHADOW: nothing is sent. The live account is only read, and every run is filled on paper.");
      expect(executed.stdout).toMatch(/Mode: SHADOW \(nothing is sent\) \(Alpaca shadow at 127\.0\.0\.1:\d+\)/);
      expect(readFileSync(scenario.path("logs", "trades_shadow.json"), "utf8")).toContain('"order_id":"shadow-');
      expect(statSync(scenario.path("state", "shadow-account.sqlite")).mode & 0o777).toBe(0o600);
      for (const file of ["alpaca_trades.json", "trades_live.json"]) expect(existsSync(scenario.path("logs", file))).toBe(false);
      expect(readFileSync(scenario.path("logs", "trades_shadow.json"), "utf8")).toContain('"shadow"');

      const status = await scenario.status();
      expect(status.stdout).toContain("Mode: SHADOW (nothing is sent)");
      expect(status.stdout).toMatch(/SMR .*31\.2/);
      expectUntouched(shadow);
    },
    LIMIT_MS,
  );

  test(
    "reports the shadow account next to the live one, in text, as JSON and as a page",
    async () => {
      const shadow = await open();
      const { scenario } = shadow;
      const called = (...options: string[]) => scenario.type(["report", ...options]);
      expect((await called()).stdout).toContain("The shadow account has not begun");
      scenario.alert(NUCLEAR);
      expectExit(await scenario.execute(), 0);
      scenario.simulator.exchange.setPrice("SMR", "44");

      const printed = await called();
      expect(printed.stdout).toContain("Report of 30 days, SHADOW mode (nothing is sent)");
      expect(printed.stdout).toMatch(/Shadow account: \$15\d,\d{3}\.\d\d, \+[23]\.\d\d %/);
      expect(printed.stdout).toMatch(/Live account: \$150,000\.00, \+?0\.00 %/);
      expect(printed.stdout).not.toContain("Deposits and withdrawals are unknown");
      expect(printed.stdout).toMatch(/Difference: \+[23]\.\d\d %/);
      const { shadow: compared } = JSON.parse((await called("--json")).stdout) as Report;
      expect(compared).toMatchObject({ live: { value: "150000", value_then: "150000", return: "0" } });
      const file = scenario.path("report.html");
      expectExit(await called("--html", file), 0);
      expect(readFileSync(file, "utf8")).toContain("Shadow next to the live account");
      expectUntouched(shadow);
    },
    LIMIT_MS,
  );

  test(
    "runs next to another process that trades the account, but not next to a second shadow of the same ledger",
    async () => {
      const shadow = await open();
      const { scenario } = shadow;
      const live = { TRADING_MODE: "live", LIVE_TRADING_ACCOUNT: scenario.accountNumber, STATE_DIR: scenario.path("live") };
      const trading = await scenario.daemon({ ...live, ALERTS_FILE: scenario.path("other.json"), LOG_DIR: scenario.path("live-logs") });
      const watching = await scenario.daemon();
      await watching.says(/SHADOW: nothing is sent/);
      expectExit(await scenario.execute(), 3);
      scenario.alert(HEDGE);
      await watching.says(/on target after \d+ orders/);
      expectExit(await watching.stop(), 0);
      expectExit(await trading.stop(), 0);
      expectUntouched(shadow);
    },
    2 * LIMIT_MS,
  );

  test(
    "checks LIVE_TRADING_ACCOUNT if it is set",
    async () => {
      const { scenario } = await open();
      scenario.alert(NUCLEAR);
      const refused = await scenario.execute({}, { LIVE_TRADING_ACCOUNT: "OTHER" });
      expectExit(refused, 3);
      expect(refused.stderr).toContain(`The keys belong to account ${scenario.accountNumber}, but LIVE_TRADING_ACCOUNT is OTHER`);
    },
    LIMIT_MS,
  );
});
