import { describe, expect, test } from "@jest/globals";
import { runBacktest } from "../../src/backtest/backtest.ts";
import { backtestChart } from "../../src/backtest/chart.ts";
import { buildResult } from "../../src/backtest/build-result.ts";
import { blend, single } from "../../src/strategies/allocations.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { bars, optionsFor, scripted } from "./market.ts";

/*
 * Worked by hand: 10,000 dollars, a reserve of 1 %, 10 basis points a trade, so buys pay 1.001 and sells get 0.999 of the open.
 * All SPY for the first day, half and half for the second, all TLT for the third. The decision for a day was made on the close before.
 */
const STRATEGY = scripted({
  "2024-03-01": single("SPY", "SPY"),
  "2024-03-04": blend("Both", [
    { symbol: "SPY", weight: 0.5 },
    { symbol: "TLT", weight: 0.5 },
  ]),
  "2024-03-05": single("TLT", "TLT"),
});
const SERIES = new Map([
  [
    "SPY",
    bars(100, [
      [100, 102],
      [101, 99],
      [99, 99],
    ]),
  ],
  [
    "TLT",
    bars(50, [
      [50, 50],
      [50, 50.5],
      [51, 52],
    ]),
  ],
]);

describe("three days calculated by hand", () => {
  test("match to the last digit: orders, fills at the open with the cost, equity at the close", async () => {
    const days = await runBacktest(optionsFor(STRATEGY, SERIES));
    const trades = days.map((day) =>
      day.trades.map(({ side, symbol, ordered, quantity, value }) => {
        const size = ordered.notional === undefined ? `${ordered.quantity!.toFixed()} shares` : `$${ordered.notional.toFixed(2)}`;
        return `${side} ${symbol} ${size}: ${quantity.toFixed()} for ${value.toFixed()}`;
      }),
    );
    expect(trades).toEqual([
      // Base 9,900; 9,900 / 100.1 = 98.901098901.
      ["buy SPY $9900.00: 98.901098901 for 9899.9999999901"],
      [
        // Base 9,988.12; SPY is worth 9,989.01 and is to be 4,994.06: 4,994.95 / 101 shares too many, sold at 100.899.
        "sell SPY 49.454955935 shares: 49.454955935 for 4989.955598885565",
        // 4,991.59 are wanted, but 5,089.96 of cash less the reserve of 100.84 leave 4,989.11.
        "buy TLT $4989.11: 99.682517482 for 4989.1099999741",
      ],
      ["sell SPY 49.446142966 shares: 49.446142966 for 4890.272985480366", "buy TLT $4890.36: 95.793618146 for 4890.359999971446"],
    ]);
    expect(days.map(({ equity }) => equity.toFixed())).toEqual(["10187.9120879119", "10029.980885396365", "10265.517637086285"]);
  });

  test("add up to the figures calculated from them", async () => {
    const options = optionsFor(STRATEGY, SERIES);
    const result = buildResult(options, await runBacktest(options));
    expect(result).toMatchObject({ start_equity: "10000", end_equity: "10265.517637", gain: "265.517637" });
    // 1.01879121 × 0.98449817 × 1.02348326 = 1.02655176.
    expect(result.days.map((day) => day.return)).toEqual(["0.01879121", "-0.01550182", "0.02348327"]);
    expect(result.figures.return).toBe("0.02655176");
    expect(result.figures.max_drawdown).toEqual({ depth: "0.01550182", from: "2024-03-04", to: "2024-03-05", recovered: "2024-03-06" });
    expect(result.best_day).toEqual({ session: "2024-03-06", return: "0.02348327" });
    expect(result.worst_day).toEqual({ session: "2024-03-05", return: "-0.01550182" });
    // 9.8901 + 4.9950 + 4.9841 + 4.8952 + 4.8855 dollars between the open and the fills.
    expect(result.activity).toMatchObject({ trades: 5, buys: 3, sells: 2, sessions_traded: 3, costs: "29.649829", traded: "29659.698584" });
    expect(result.branches).toEqual([
      { strategy: "scripted", branch: "R SPY", sessions: 1, share: "0.33333333" },
      { strategy: "scripted", branch: "R SPY+TLT", sessions: 1, share: "0.33333333" },
      { strategy: "scripted", branch: "R TLT", sessions: 1, share: "0.33333333" },
    ]);
    expect(result.legs.map(({ symbol, sessions }) => `${symbol} ${String(sessions)}`)).toEqual(["SPY 2", "TLT 2"]);
    const profits = result.legs.map(({ profit }) => decimal(profit)).reduce((one, other) => one.plus(other));
    expect(profits.minus(result.gain).abs().lt("0.00001")).toBe(true);
    expect(result.benchmark).toMatchObject({ symbol: "SPY", return: "-0.01" });
    // All of the cash at the first open, without costs.
    expect(result.days.at(-1)?.benchmark).toBe("9900");
  });

  test("are compared with nothing when there is no benchmark, or no bars of it", async () => {
    for (const benchmark of [undefined, "QQQ"]) {
      const options = optionsFor(STRATEGY, SERIES, { benchmark });
      const result = buildResult(options, await runBacktest(options));
      expect([result.benchmark, result.days.map((day) => day.benchmark)]).toEqual([null, [null, null, null]]);
      expect(backtestChart(result)).not.toContain('class="other"');
    }
  });

  test("are drawn next to the benchmark, with round numbers at the axis", async () => {
    const options = optionsFor(STRATEGY, SERIES);
    const chart = backtestChart(buildResult(options, await runBacktest(options)));
    expect(chart).toContain('class="other"');
    expect(chart).toMatch(/>\$10,000</);
  });

  test("cost nothing at 0 basis points", async () => {
    const free = { costBps: decimal("0") };
    const options = optionsFor(STRATEGY, SERIES, free);
    const result = buildResult(options, await runBacktest(options));
    expect(result.activity.costs).toBe("0");
    // 99 shares at 100 close at 102.
    expect(result.days[0]?.equity).toBe("10198");
  });

  test("trade at the close used by the decision, on request", async () => {
    const days = await runBacktest(optionsFor(STRATEGY, SERIES, { tradeAt: "close", costBps: decimal("0") }));
    // The decision made on Monday's close is traded at Monday's closes: 4,950 dollars of each.
    expect(days[0]?.trades.map(({ symbol, price, ordered }) => [symbol, price.toFixed(), ordered.notional!.toFixed()])).toEqual([
      ["SPY", "102", "4950"],
      ["TLT", "50", "4950"],
    ]);
    expect(days[0]?.equity.round(2).toFixed()).toBe("10000");
    expect(days[1]?.trades.map(({ side, symbol, price }) => `${side} ${symbol} ${price.toFixed()}`)).toEqual([
      "sell SPY 99",
      "buy TLT 50.5",
    ]);
  });
});

describe("several strategies", () => {
  test("share the account, and overlapping symbols add up", async () => {
    const other = { ...scripted({ "2024-03-01": single("TLT", "TLT") }), name: "other" };
    const strategies = [
      { name: "scripted", share: decimal("0.6"), strategy: STRATEGY },
      { name: "other", share: decimal("0.3"), strategy: other },
    ];
    const days = await runBacktest(optionsFor(STRATEGY, SERIES, { strategies, costBps: decimal("0") }));
    expect(days[0]?.trades.map(({ symbol, ordered }) => `${symbol} ${ordered.notional!.toFixed()}`)).toEqual(["SPY 5940", "TLT 2970"]);
    // Half of 60 % more on Tuesday makes 60 % of the base.
    const tlt = days[1]!.values.get("TLT")!.div(days[1]!.equity);
    expect(tlt.minus("0.594").abs().lt("0.01")).toBe(true);
    expect(days[2]!.values.has("SPY")).toBe(false);
  });

  test("without a decision keep their holdings while the others trade", async () => {
    const other = { ...scripted({ "2024-03-01": single("TLT", "TLT") }), name: "other" };
    let asked = 0;
    const silent = {
      ...other,
      decide: (series: Parameters<typeof other.decide>[0]) => {
        asked += 1;
        return asked === 1 ? other.decide(series) : ({ kind: "undecided", symbol: "TLT", reason: "TLT is silent.", trace: [] } as const);
      },
    };
    const strategies = [
      { name: "scripted", share: decimal("0.5"), strategy: STRATEGY },
      { name: "other", share: decimal("0.5"), strategy: silent },
    ];
    const options = optionsFor(STRATEGY, SERIES, { strategies, costBps: decimal("0") });
    const days = await runBacktest(options);
    expect(days[2]!.values.get("TLT")!.div(days[2]!.equity).gt("0.98")).toBe(true);
    expect(buildResult(options, days).undecided).toMatchObject({
      sessions: 2,
      list: [{ strategy: "other", reason: "TLT is silent." }, {}],
    });
  });
});
