import { chownSync, existsSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { SimulatorOptions } from "../../src/simulator/server.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { KEY, LIMIT_MS, PRICES, Scenario, SECRET } from "./harness.ts";
import { HEDGE, lineOf, NUCLEAR } from "./strategy.ts";
import type { Ended } from "./trader-process.ts";
import { expectExit } from "./trader-process.ts";

/** $100,000: 40 % cash, 40 % TQQQ, 20 % SMR. */
const MIXED: SimulatorOptions = {
  cash: decimal("40000"),
  positions: [
    { symbol: "TQQQ", quantity: decimal("500"), averagePrice: decimal("70") },
    { symbol: "SMR", quantity: decimal("500"), averagePrice: decimal("30") },
  ],
};

interface Effect {
  readonly env: Readonly<Record<string, string>>;
  readonly code: 0 | 3;
  readonly says: RegExp;
  readonly silentOn?: RegExp;
}

const RESERVE: Effect = { env: { CASH_RESERVE_PERCENT: "10" }, code: 0, says: /base of \$90,000\.00/ };

/** What a dry run of the owner's example on MIXED says with one setting changed. */
const EFFECTS: readonly Effect[] = [
  { env: {}, code: 0, says: /base of \$99,000\.00/ },
  RESERVE,
  { env: { CASH_RESERVE_PERCENT: "" }, code: 0, says: /base of \$99,000\.00/ },
  { env: { MIN_TRADE_VALUE: "11000" }, code: 0, says: /LEU_BUY/, silentOn: /SMR_BUY/ },
  { env: { DRIFT_BAND_PERCENT: "12" }, code: 0, says: /LEU_BUY/, silentOn: /SMR_BUY/ },
  { env: { PROTECTED_SYMBOLS: "spy, tqqq" }, code: 0, says: /base of \$59,400\.00/, silentOn: /TQQQ_SELL/ },
  { env: { ALLOWED_SYMBOLS: "SMR,LEU" }, code: 3, says: /malformed: .*OKLO, which is not in ALLOWED_SYMBOLS/ },
  { env: { ALLOWED_SYMBOLS: "SMR,LEU,OKLO" }, code: 0, says: /LEU_BUY/, silentOn: /TQQQ_SELL/ },
  { env: { MAX_ORDER_VALUE: "39000" }, code: 3, says: /MAX_ORDER_VALUE/ },
  { env: { MAX_ORDER_VALUE: "40000" }, code: 0, says: /TQQQ_SELL/ },
  { env: { MAX_DAILY_TURNOVER_PERCENT: "50" }, code: 3, says: /MAX_DAILY_TURNOVER_PERCENT/ },
  { env: { MAX_DAILY_TURNOVER_PERCENT: "200", MAX_DAILY_LOSS_PERCENT: "5" }, code: 0, says: /LEU_BUY/ },
  { env: { SIGNAL_MAX_AGE_SECONDS: "20" }, code: 0, says: /stale: .*at most 20 s are allowed/ },
  { env: { ALERTS_TIMEZONE: "UTC" }, code: 3, says: /future: .*5\.5 h ahead/ },
];

describe("each setting does what it says:", () => {
  test(
    "those that shape the plan, seen in a dry run",
    async () => {
      const scenario = await Scenario.open({ venue: MIXED });
      scenario.alert(NUCLEAR, 30_000);
      const expectEffect = (ended: Ended, effect: Effect): void => {
        expectExit(ended, effect.code);
        expect(ended.output).toMatch(effect.says);
        expect(effect.silentOn?.test(ended.output) ?? false).toBe(false);
      };
      expectEffect(await scenario.type(["execute", "--dry-run"], RESERVE.env), RESERVE);
      for (const effect of EFFECTS) expectEffect(await scenario.execute({ dryRun: true }, effect.env), effect);
      expect(scenario.orders).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "EXECUTION_STYLE=limit: sells and buys are limit orders, and the report tells what they cost",
    async () => {
      const scenario = await Scenario.open({ venue: MIXED, env: { EXECUTION_STYLE: "limit" } });
      scenario.alert(NUCLEAR);

      const ended = await scenario.run(["execute"]);
      expectExit(ended, 0);
      const orders = [...scenario.simulator.exchange.state.orders.values()];
      expect(orders.length).toBeGreaterThanOrEqual(3);
      for (const { type, limitPrice, status } of orders) {
        expect([type, status]).toEqual(["limit", "filled"]);
        expect(limitPrice?.toFixed()).toMatch(/^\d+(\.\d{1,2})?$/);
      }
      const report = await scenario.type(["report"]);
      expectExit(report, 0);
      expect(report.stdout).toMatch(/limit +all +\d+ +\d+ /);
    },
    LIMIT_MS,
  );

  test(
    "BATCH_SETTLE_SECONDS: so long execute waits for late legs",
    async () => {
      const scenario = await Scenario.open({ env: { BATCH_SETTLE_SECONDS: "30" } });
      scenario.alert(NUCLEAR.slice(0, 2));

      const execute = scenario.start(["execute"]);
      await execute.says(/Portfolio Value/);
      await systemClock.sleep(1_300);
      expect(execute.isOver).toBe(false);
      scenario.append(lineOf(NUCLEAR[2], systemClock.now() - 1_300));

      expectExit(await execute.end(), 0);
      expect(scenario.orders).toHaveLength(3);
    },
    LIMIT_MS,
  );

  test(
    "ORDER_TIMEOUT_SECONDS: what works longer is cancelled and sent again",
    async () => {
      const scenario = await Scenario.open({ env: { ORDER_TIMEOUT_SECONDS: "1" } });
      // The first order of each symbol never fills, however slow the machine is; the next one does.
      const isCancelled = (symbol: string): boolean =>
        scenario.orders.some((order) => order.symbol === symbol && order.status === "canceled");
      scenario.simulator.exchange.gate = { mayFill: ({ symbol }) => isCancelled(symbol), mayCancel: () => true };
      scenario.alert(NUCLEAR);

      const ended = await scenario.execute();

      expectExit(ended, 0);
      expect(ended.stdout).toContain("was not filled within 1 s");
      expect([...new Set(scenario.book)]).toEqual(
        ["LEU", "OKLO", "SMR"].flatMap((symbol) => [`buy ${symbol} canceled`, `buy ${symbol} filled`]),
      );
    },
    LIMIT_MS,
  );

  test(
    "EXECUTION_DEADLINE_SECONDS: nothing is begun after it, and what works is cancelled",
    async () => {
      const scenario = await Scenario.open({
        venue: MIXED,
        // Half of it is kept for the buys; a slow machine, too, sends the sells within the other half.
        env: { ORDER_TIMEOUT_SECONDS: "11.9", EXECUTION_DEADLINE_SECONDS: "12" },
      });
      scenario.simulator.exchange.gate = { mayFill: ({ side }) => side === "sell", mayCancel: () => true };
      scenario.alert(HEDGE);

      const ended = await scenario.execute();

      expectExit(ended, 1);
      expect(ended.stdout).toMatch(/deadline/);
      expect(scenario.book.filter((line) => line.startsWith("sell"))).toEqual(["sell SMR filled", "sell TQQQ filled"]);
      expect(scenario.book.filter((line) => !/^sell \w+ filled$|^buy \w+ canceled$/.test(line))).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "ALPACA_PAPER_ENDPOINT with and without /v2 and slash, LOG_DIR, LOG_GROUP, STATE_DIR and .env",
    async () => {
      const scenario = await Scenario.open();
      const { url } = scenario.simulator;
      const group = String(process.getgroups?.().at(-1) ?? process.getgid?.());
      writeFileSync(scenario.path(".env"), `ALPACA_PAPER_KEY=${KEY}\nALPACA_PAPER_SECRET=${SECRET}\nLOG_DIR=/nowhere\n`, { mode: 0o600 });
      const fromFile = { ALPACA_PAPER_KEY: undefined, ALPACA_PAPER_SECRET: undefined };

      const runs = await Promise.all([
        scenario.run(["execute"], { ...fromFile, ALPACA_PAPER_ENDPOINT: `${url}/v2`, STATE_DIR: scenario.path("one"), LOG_GROUP: group }),
        scenario.type(["status"], { ALPACA_PAPER_ENDPOINT: `${url}/v2/` }),
        scenario.type(["status"], { ALPACA_PAPER_ENDPOINT: `${url}/` }),
      ]);

      for (const ended of runs) {
        expectExit(ended, 0);
        expect(ended.stdout).toContain(`Account Number: ${scenario.accountNumber}`);
      }
      expect(existsSync(scenario.path("one", "paper.sqlite"))).toBe(true);
      expect(statSync(scenario.path("logs", "alpaca_trader.log")).gid).toBe(Number(group));
    },
    LIMIT_MS,
  );

  test(
    "ALPACA_DATA_ENDPOINT and ALPACA_DATA_FEED: where prices are requested, and from which feed",
    async () => {
      const data = await startSimulator({ alwaysOpen: true, prices: PRICES, rateLimitPerMinute: "off" });
      const asked: string[] = [];
      data.venue.interceptor = { before: ({ url }) => (asked.push(url), Promise.resolve(undefined)) };
      const scenario = await Scenario.open({ venue: MIXED, env: { ALPACA_DATA_ENDPOINT: data.url, ALPACA_DATA_FEED: "iex" } });
      const trading: string[] = [];
      scenario.simulator.venue.interceptor = { before: ({ url }) => (trading.push(url), Promise.resolve(undefined)) };
      scenario.alert(NUCLEAR);

      const iex = await scenario.type(["execute", "--dry-run"]);
      const otc = await scenario.execute({ dryRun: true }, { ALPACA_DATA_FEED: "otc", ALPACA_DATA_ENDPOINT: undefined });
      const delayed = await scenario.execute({ dryRun: true }, { ALPACA_DATA_FEED: "delayed_sip" });
      await data.close();

      expectExit(iex, 0);
      expect(asked.length).toBeGreaterThan(0);
      expect(asked.filter((url) => !url.startsWith("/v2/stocks/") || !url.includes("feed=iex"))).toEqual([]);
      expectExit(otc, 0);
      const prices = trading.filter((url) => url.startsWith("/v2/stocks/"));
      expect(prices.length).toBeGreaterThan(0);
      expect(prices.filter((url) => !url.includes("feed=otc"))).toEqual([]);
      expectExit(delayed, 78);
      expect(delayed.stderr).toContain("delayed_sip is 15 minutes late");
    },
    LIMIT_MS,
  );

  test(
    "ALERTS_OWNER: another user whose file is trusted; a user who does not exist is an error of the configuration",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);

      const unknown = await scenario.execute({}, { ALERTS_OWNER: "nobody-of-that-name" });

      expectExit(unknown, 78);
      expect(unknown.stderr).toContain("ALERTS_OWNER");
      // Only root can give a file away.
      for (const stranger of process.getuid?.() === 0 ? [54_321] : []) {
        chownSync(scenario.alertsFile, stranger, 0);
        const untrusted = await scenario.execute();
        expectExit(untrusted, 3);
        expect(untrusted.stdout).toContain(`ALERTS_OWNER=${String(stranger)}`);
        expectExit(await scenario.execute({}, { ALERTS_OWNER: String(stranger) }), 0);
        expect(scenario.orders).toHaveLength(3);
      }
    },
    LIMIT_MS,
  );
});

describe("wrong settings", () => {
  test(
    "are all named at once, with what was expected, and nothing is done: exit 78",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);

      const ended = await scenario.run(["execute"], {
        TRADING_MODE: "real",
        ALPACA_PAPER_ENDPOINT: "http://paper-api.alpaca.markets",
        ALPACA_DATA_FEED: "fast",
        ALERTS_FILE: "nuclear_alerts.json",
        ALERTS_TIMEZONE: "Mars/Olympus",
        SIGNAL_MAX_AGE_SECONDS: "5m",
        BATCH_SETTLE_SECONDS: "-1",
        LOG_DIR: "logs",
        CASH_RESERVE_PERCENT: "101",
        MIN_TRADE_VALUE: "$5",
        DRIFT_BAND_PERCENT: "1%",
        ORDER_TIMEOUT_SECONDS: "0",
        EXECUTION_DEADLINE_SECONDS: "never",
        PROTECTED_SYMBOLS: "../SMR",
        ALLOWED_SYMBOLS: "SMR;LEU",
        MAX_ORDER_VALUE: "1e9",
        DASHBOARD_PORT: "90000",
        EXECUTION_STYLE: "cautious",
        STRATEGIES: "a:50:/tmp/a,b:60:/tmp/b",
        SIGNAL_SCHEDULE: "15:45",
        ALPACA_PAPER_SECRIT: "x",
      });

      expectExit(ended, 78);
      for (const name of [
        "TRADING_MODE",
        "ALPACA_PAPER_ENDPOINT",
        "ALPACA_DATA_FEED",
        "ALERTS_FILE",
        "ALERTS_TIMEZONE",
        "SIGNAL_MAX_AGE_SECONDS",
        "BATCH_SETTLE_SECONDS",
        "LOG_DIR",
        "CASH_RESERVE_PERCENT",
        "MIN_TRADE_VALUE",
        "DRIFT_BAND_PERCENT",
        "ORDER_TIMEOUT_SECONDS",
        "EXECUTION_DEADLINE_SECONDS",
        "PROTECTED_SYMBOLS",
        "ALLOWED_SYMBOLS",
        "MAX_ORDER_VALUE",
        "EXECUTION_STYLE",
        "STRATEGIES",
        "SIGNAL_SCHEDULE",
        "DASHBOARD_PORT",
      ])
        expect(ended.stderr).toMatch(new RegExp(`^ +${name} is .*; expected `, "m"));
      expect(ended.stderr).toContain("ALPACA_PAPER_SECRIT is not a setting; did you mean ALPACA_PAPER_SECRET?");
      expect(scenario.orders).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "the daemon and status end with 78 as well; half a pair of keys and live keys alone are not guessed at",
    async () => {
      const scenario = await Scenario.open();
      const none = { ALPACA_PAPER_ENDPOINT: undefined, ALPACA_PAPER_KEY: undefined, ALPACA_PAPER_SECRET: undefined };

      const [run, status, half, live] = await Promise.all([
        scenario.run(["run"], { MIN_TRADE_VALUE: "few" }),
        scenario.type(["status"], { MIN_TRADE_VALUE: "few" }),
        scenario.execute({}, { ALPACA_PAPER_SECRET: undefined }),
        scenario.execute({}, { ...none, ALPACA_KEY: KEY, ALPACA_SECRET: SECRET }),
      ]);

      for (const ended of [run, status, half, live]) expectExit(ended, 78);
      expect(half.stderr).toContain("ALPACA_PAPER_SECRET is unset although ALPACA_PAPER_KEY is set");
      expect(live.stderr).toContain("TRADING_MODE is unset and only live keys are set");
    },
    LIMIT_MS,
  );
});

describe("live mode", () => {
  test(
    "needs LIVE_TRADING_ACCOUNT (78), refuses another account (3), and trades the right one with its own trade log",
    async () => {
      const scenario = await Scenario.open({
        env: { ALPACA_PAPER_ENDPOINT: undefined, ALPACA_PAPER_KEY: undefined, ALPACA_PAPER_SECRET: undefined },
      });
      const live = { TRADING_MODE: "live", ALPACA_ENDPOINT: scenario.simulator.url, ALPACA_KEY: KEY, ALPACA_SECRET: SECRET };
      scenario.alert(NUCLEAR);

      const unset = await scenario.execute({}, live);
      const wrong = await scenario.execute({}, { ...live, LIVE_TRADING_ACCOUNT: "PA1" });
      const wrongDaemon = await scenario.run(["run"], { ...live, LIVE_TRADING_ACCOUNT: "PA1" });
      const dry = await scenario.execute({ dryRun: true }, { ...live, LIVE_TRADING_ACCOUNT: scenario.accountNumber });

      expectExit(unset, 78);
      expect(unset.stderr).toContain("LIVE_TRADING_ACCOUNT is unset");
      for (const refused of [wrong, wrongDaemon]) {
        expectExit(refused, 3);
        expect(refused.stderr).toContain(scenario.accountNumber);
      }
      expectExit(dry, 0);
      expect(scenario.orders).toEqual([]);

      const right = await scenario.run(["execute"], { ...live, LIVE_TRADING_ACCOUNT: scenario.accountNumber });

      expectExit(right, 0);
      expect(scenario.orders).toHaveLength(3);
      expect(existsSync(scenario.path("logs", "trades_live.json"))).toBe(true);
      expect(existsSync(scenario.path("logs", "alpaca_trades.json"))).toBe(false);
    },
    LIMIT_MS,
  );
});
