import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import type { LatestExecution } from "../../src/reporting/latest-execution.ts";
import type { Report } from "../../src/reporting/report.ts";
import { decimal, sum } from "../../src/domain/decimal.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { HEDGE, NUCLEAR } from "./strategy.ts";
import { expectExit, until } from "./trader-process.ts";

interface TradeLine {
  readonly execution_id: string;
  readonly orders: readonly {
    readonly client_order_id: string;
    readonly quantity: string;
    readonly value: string;
    readonly fill_price: string;
  }[];
}

const jsonOf = (text: string): Report => JSON.parse(text) as Report;

describe("the report", () => {
  test(
    "agrees with the trade log and the venue to the cent while the daemon runs",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();
      scenario.alert(NUCLEAR);
      await scenario.filled(3);
      await until(
        () => scenario.trades.length === 1,
        "the trade log",
        () => daemon.output,
      );
      scenario.simulator.exchange.setPrice("SMR", "41");
      scenario.simulator.exchange.transfer("2500");

      const ended = await scenario.run(["report", "--json", "--days", "7"]);

      expectExit(ended, 0);
      const report = jsonOf(ended.stdout);
      const [line] = scenario.trades as unknown as TradeLine[];
      expect(report).toMatchObject({ schema: 1, mode: "paper", period: { days: 7 }, warnings: [], activity: { executions: 1, orders: 3 } });
      expect(report.executions[0]!.id).toBe(line!.execution_id);
      for (const logged of line!.orders) {
        const told = report.executions[0]!.orders.find(({ client_order_id }) => client_order_id === logged.client_order_id)!;
        expect(told).toMatchObject(logged);
        expect(sum(told.fills.map(({ quantity }) => decimal(quantity))).toFixed()).toBe(logged.quantity);
      }
      expect(report.activity.bought).toBe(sum(line!.orders.map(({ value }) => decimal(value))).toFixed());
      const venue = scenario.simulator.exchange.accountView();
      const account = report.account!;
      expect([account.equity, account.cash].map((text) => decimal(text).toFixed(2))).toEqual(
        [venue.equity, venue.cash].map((text) => decimal(String(text)).toFixed(2)),
      );
      expect(account.day_flows).toBe("2500");
      const day = decimal(account.equity).minus(decimal(account.last_equity!)).minus("2500");
      expect(decimal(account.day_profit!).minus(day).abs().lt("0.00001")).toBe(true);
      expect(decimal(report.profit.unrealised!).minus(day).abs().lt("0.01")).toBe(true);
      expect(report.equity).toMatchObject({ source: "broker", flows: "2500" });
      expectExit(await daemon.stop(), 0);
    },
    LIMIT_MS,
  );

  test(
    "is printed for a person, and written as one HTML file that loads nothing",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);
      expectExit(await scenario.execute(), 0);
      const file = scenario.path("report.html");

      const printed = await scenario.run(["report"]);
      const written = await scenario.type(["report", "--html", file]);
      const again = await scenario.type(["report", "--html", file]);

      for (const ended of [printed, written, again]) expectExit(ended, 0);
      for (const text of ["Report of 30 days, paper mode", "Portfolio Value: $", "SMR_BUY", "on-target", "Alert to first order"])
        expect(printed.stdout).toContain(text);
      expect(statSync(file).mode & 0o777).toBe(0o640);
      const page = readFileSync(file, "utf8");
      expect(page).toMatch(/^<!doctype html>/);
      expect(page).toContain("<svg");
      expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|src=|href=|https?:/i);
    },
    LIMIT_MS,
  );

  test(
    "refuses to write over what is not a report, and says what a report covers",
    async () => {
      const scenario = await Scenario.open();
      writeFileSync(scenario.path("notes.html"), "mine");

      const over = await scenario.type(["report", "--html", scenario.path("notes.html")]);
      const none = await scenario.type(["report", "--days", "0"]);
      const wrong = await scenario.type(["report", "--days", "x"]);

      expectExit(over, 1);
      expect(over.stderr).toContain("is not a report of this program");
      expect(readFileSync(scenario.path("notes.html"), "utf8")).toBe("mine");
      expectExit(none, 1);
      expect(none.stderr).toContain("at least one day");
      expectExit(wrong, 1);
    },
    LIMIT_MS,
  );

  test(
    "without the broker tells what the ledger knows, with a warning and exit 0; of a broken ledger it says so",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);
      expectExit(await scenario.execute(), 0);
      const away = { ALPACA_PAPER_ENDPOINT: "http://127.0.0.1:1" };

      const ended = await scenario.type(["report", "--json"], away);
      const empty = await scenario.type(["report"], { ...away, STATE_DIR: scenario.path("other") });
      const ledger = scenario.path("state", "paper.sqlite");
      for (const side of ["-wal", "-shm"]) rmSync(`${ledger}${side}`, { force: true });
      writeFileSync(ledger, "this is no database, and long enough to be looked at as one ".repeat(20));
      const broken = await scenario.type(["report"]);

      expectExit(ended, 0);
      const report = jsonOf(ended.stdout);
      expect(report).toMatchObject({ account: null, strategies: null, equity: { source: "ledger", return: null } });
      expect(report.warnings[0]).toContain("Could not read the account");
      expect(report.executions).toMatchObject([{ outcome: "on-target" }]);
      expectExit(empty, 0);
      expect(empty.stdout).toContain("There is no ledger yet");
      expect(empty.stdout).toContain("No execution in this period.");
      expectExit(broken, 78);
      expect(broken.stderr).toContain("is not a ledger");
    },
    LIMIT_MS,
  );
});

describe("the file of the latest execution", () => {
  test(
    "is there after `execute` and after the daemon's rebalance, whole, with real fills",
    async () => {
      const scenario = await Scenario.open();
      const file = scenario.path("state", "dashboard", "latest_execution.json");
      const latest = (): LatestExecution => JSON.parse(readFileSync(file, "utf8")) as LatestExecution;
      scenario.alert(NUCLEAR);
      expectExit(await scenario.execute(), 0);

      expect(latest()).toMatchObject({ execution_mode: "PAPER", success: true, portfolio: { daily_pl: expect.any(Number) as unknown } });
      expect(
        latest()
          .positions.map(({ symbol }) => symbol)
          .sort(),
      ).toEqual(["LEU", "OKLO", "SMR"]);
      expect(
        latest()
          .recent_trades.map(({ order_id, quantity }) => [order_id, quantity])
          .sort(),
      ).toEqual(scenario.orders.map(({ id, filledQuantity }) => [id, Number(filledQuantity.toFixed())]).sort());
      expect(statSync(file).mode & 0o777).toBe(0o640);

      const first = latest().execution_id;
      const daemon = await scenario.daemon();
      scenario.alert(HEDGE);
      await until(
        () => existsSync(file) && latest().execution_id !== first,
        "the file of the second execution",
        () => daemon.output,
      );
      expect(
        latest()
          .positions.map(({ symbol }) => symbol)
          .sort(),
      ).toEqual(["BTAL", "UVXY"]);
      expectExit(await daemon.stop(), 0);
    },
    LIMIT_MS,
  );
});
