import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import type { BacktestResult } from "../../src/backtest/result.ts";
import type { DailyBar } from "../../src/domain/daily-bar.ts";
import { nuclear } from "../../src/strategies/nuclear.ts";
import { tecl } from "../../src/strategies/tecl.ts";
import { barOf, SESSIONS, walks } from "../backtest/market.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { expectExit } from "./trader-process.ts";

const NO_KEYS = { ALPACA_PAPER_ENDPOINT: undefined, ALPACA_PAPER_KEY: undefined, ALPACA_PAPER_SECRET: undefined };
const MARCH = ["--from", "2024-03-04", "--to", "2024-03-12"];
const resultIn = (text: string): BacktestResult => JSON.parse(text) as BacktestResult;

/** One file a symbol, of random walks. */
function writeBars(scenario: Scenario, symbols: readonly string[] = nuclear.symbols): string {
  const directory = scenario.path("bars");
  mkdirSync(directory);
  for (const [symbol, series] of walks(symbols, 11)) {
    const rows = series.map(({ session, open, high, low, close, volume }) => [session, open, high, low, close, volume].join(","));
    writeFileSync(`${directory}/${symbol}.csv`, ["date,open,high,low,close,volume", ...rows, ""].join("\n"));
  }
  return directory;
}

describe("a back-test", () => {
  test(
    "without keys runs on the simulator's bars, says so, and gives the same figures and the same chart each time",
    async () => {
      const scenario = await Scenario.open({ env: NO_KEYS });
      const chart = scenario.path("charts", "equity.svg");

      const printed = await scenario.run(["backtest", ...MARCH, "--svg", chart]);
      const drawn = readFileSync(chart, "utf8");
      const again = await scenario.type(["backtest", ...MARCH, "--svg", chart]);

      for (const ended of [printed, again]) expectExit(ended, 0);
      expect(again.stdout).toBe(printed.stdout);
      expect(readFileSync(chart, "utf8")).toBe(drawn);
      for (const text of [
        "Back-test of nuclear, 2024-03-04 to 2024-03-12, 7 sessions",
        "SIMULATOR: bars and figures are invented",
        "Return",
        "CAGR",
        "Worst drawdown",
        "Volatility",
        "Sharpe ratio",
        "(risk-free rate 0)",
        "Turnover",
        "Trades",
        "Time in each branch",
        "Time in each leg",
        "5 basis points cost per trade",
      ])
        expect(printed.stdout).toContain(text);
      expect(
        drawn.startsWith(
          '<?xml version="1.0" encoding="UTF-8"?>\n<!-- alpaca-trader backtest -->\n<svg xmlns="http://www.w3.org/2000/svg"',
        ),
      ).toBe(true);
      expect(drawn.match(/<path class="line"/g)).toHaveLength(2);
      expect(drawn).not.toMatch(/<script|href=|NaN|undefined/);
      expect(statSync(chart).mode & 0o777).toBe(0o640);
      expect(scenario.orders).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "reads a folder of CSV files, with no venue at all, and prints one JSON object",
    async () => {
      const scenario = await Scenario.open({ env: NO_KEYS });
      const directory = writeBars(scenario);

      const ended = await scenario.type(["backtest", ...MARCH, "--bars", directory, "--cash", "50000", "--cost-bps", "0", "--json"]);

      expectExit(ended, 0);
      const result = resultIn(ended.stdout);
      expect(ended.stderr).toBe("");
      expect(result).toMatchObject({
        schema: 1,
        period: { from: "2024-03-04", to: "2024-03-12", first_session: "2024-03-04", last_session: "2024-03-12", sessions: 7 },
        strategies: [{ name: "nuclear", share: "1" }],
        bars: { source: `CSV files in ${directory}`, invented: false, adjusted: true },
        trade_at: "open",
        cost_bps: "0",
        start_equity: "50000",
        activity: { costs: "0" },
        undecided: { sessions: 0, list: [] },
        warnings: [],
      });
      expect(result.days).toHaveLength(7);
      expect(result.days.at(-1)!.equity).toBe(result.end_equity);
      expect(result.days.flatMap(({ trades }) => trades)).toHaveLength(result.activity.trades);
      expect(existsSync(scenario.path("state", "simulator"))).toBe(false);
    },
    LIMIT_MS,
  );

  test(
    "reads the bars of the account's own broker, for the strategies of STRATEGIES with their shares",
    async () => {
      const scenario = await Scenario.open({ env: { STRATEGIES: "nuclear:60:$ALERTS_FILE,tecl:40:/tmp/none-of-ours.json" } });
      const wire = ({ session, open, close }: DailyBar): object => ({ t: session, o: open, c: close });
      const still = SESSIONS.map(({ date }) => barOf(date, 500, 500));
      const series = new Map([...walks([...new Set([...nuclear.symbols, ...tecl.symbols])], 11), ["SPY", still]]);
      scenario.simulator.exchange.giveBars({ bars: Object.fromEntries([...series].map(([symbol, own]) => [symbol, own.map(wire)])) });

      const ended = await scenario.type(["backtest", ...MARCH, "--json"]);
      const alone = await scenario.type(["backtest", ...MARCH, "--json", "--strategy", "tecl", "--trade-at", "close"]);

      for (const each of [ended, alone]) expectExit(each, 0);
      const result = resultIn(ended.stdout);
      expect(result.strategies).toEqual([
        { name: "nuclear", share: "0.6" },
        { name: "tecl", share: "0.4" },
      ]);
      expect(result.bars).toMatchObject({ source: expect.stringMatching(/^Alpaca paper at 127/), invented: false });
      expect(result.benchmark).toMatchObject({ symbol: "SPY", return: "0", max_drawdown: null });
      expect(resultIn(alone.stdout)).toMatchObject({ strategies: [{ name: "tecl", share: "1" }], trade_at: "close" });
      expect(alone.stderr).toContain("--trade-at close looks ahead");
      expect(scenario.orders).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "that cannot be made ends with one sentence and a hint, exit 1",
    async () => {
      const scenario = await Scenario.open({ env: NO_KEYS });
      const directory = writeBars(
        scenario,
        nuclear.symbols.filter((symbol) => symbol !== "OKLO"),
      );
      const short = scenario.path("short");
      mkdirSync(short);
      for (const symbol of nuclear.symbols)
        writeFileSync(`${short}/${symbol}.csv`, "date,open,high,low,close,volume\n2024-03-04,1,1,1,1,1\n2024-03-05,1,1,1,1,1\n");
      const told = async (...args: readonly string[]): Promise<string> => {
        const ended = await scenario.type(["backtest", ...args]);
        expectExit(ended, 1);
        expect(ended.stdout).toBe("");
        return ended.stderr;
      };

      expect(await told(...MARCH, "--bars", directory)).toMatch(/^Error: .*\/bars has no OKLO\.csv\.\nHint: /);
      expect(await told("--from", "2024-03-04", "--to", "2024-03-05", "--bars", short)).toMatch(
        /^Error: No session could be decided\. Reason for the first session: .*SPY.*\nHint: /,
      );
      expect(await told("--from", "2024-03-32", "--to", "2024-04-01")).toMatch(
        /^Error: --from is "2024-03-32", which is not a date\.\nHint: /,
      );
      expect(await told("--from", "2024-03-04", "--to", "2099-01-01")).toMatch(/^Error: --to is 2099-01-01, a future date .*\nHint: /);
      expect(await told(...MARCH, "--strategy", "oracle")).toMatch(/^Error: There is no built-in strategy "oracle"\.\nHint: /);
      expect(await told(...MARCH, "--cost-bps", "-1")).toMatch(/^Error: --cost-bps is "-1"; expected basis points from 0 to 200.*\nHint: /);
      expect(await told("--from", "2024-03-04")).toContain("--to");
    },
    LIMIT_MS,
  );

  test(
    "never overwrites a file that is not one of its charts",
    async () => {
      const scenario = await Scenario.open({ env: NO_KEYS });
      const directory = writeBars(scenario);
      const foreign = scenario.path("notes.svg");
      writeFileSync(foreign, "mine");

      const ended = await scenario.type(["backtest", ...MARCH, "--bars", directory, "--svg", foreign]);

      expectExit(ended, 1);
      expect(ended.stderr).toContain("is not a back-test chart of this program, so it was not replaced.");
      expect(readFileSync(foreign, "utf8")).toBe("mine");
    },
    LIMIT_MS,
  );
});
