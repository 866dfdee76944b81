import { describe, expect, test } from "@jest/globals";
import { runBacktest } from "../../src/backtest/backtest.ts";
import { buildResult } from "../../src/backtest/build-result.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { single } from "../../src/strategies/allocations.ts";
import { bars, optionsFor, SESSIONS, scripted } from "./market.ts";

const FLAT = [
  [100, 100],
  [100, 100],
  [100, 100],
] as const;
const SPY_THEN_TLT = scripted({ "2024-03-01": single("SPY", "SPY"), "2024-03-04": single("TLT", "TLT") });

describe("a session without a decision", () => {
  test("lacks a bar of the previous session: nothing is traded, and symbol and day are named", async () => {
    const tlt = bars(100, FLAT).filter(({ session }) => session !== "2024-03-04");
    const options = optionsFor(
      SPY_THEN_TLT,
      new Map([
        ["SPY", bars(100, FLAT)],
        ["TLT", tlt],
      ]),
    );
    const days = await runBacktest(options);
    expect(days.map(({ trades }) => trades.length)).toEqual([1, 0, 0]);
    // As live: with a gap in its history it says nothing afterwards either.
    expect(buildResult(options, days).undecided).toEqual({
      sessions: 2,
      list: [
        {
          session: "2024-03-05",
          strategy: "scripted",
          reason: "TLT is stale: its newest bar is of 2024-03-01, the last session is 2024-03-04.",
        },
        { session: "2024-03-06", strategy: "scripted", reason: "TLT has no bar of the session of 2024-03-04." },
      ],
    });
    expect(buildResult(options, days).branches).toContainEqual({
      strategy: "scripted",
      branch: "undecided",
      sessions: 2,
      share: "0.66666667",
    });
  });

  test("has too little history before it", async () => {
    const young = bars(100, FLAT).slice(-91);
    const options = optionsFor(
      SPY_THEN_TLT,
      new Map([
        ["SPY", bars(100, FLAT)],
        ["TLT", young],
      ]),
    );
    const { undecided, days } = buildResult(options, await runBacktest(options));
    expect(undecided.list.map(({ session, reason }) => `${session} ${reason}`)).toEqual([
      "2024-03-04 TLT has a short history of 88 daily bars, expected at least 90.",
      "2024-03-05 TLT has a short history of 89 daily bars, expected at least 90.",
    ]);
    expect(days.map(({ trades }) => trades.length)).toEqual([0, 0, 1]);
  });

  test("has a strategy symbol that ALLOWED_SYMBOLS refuses", async () => {
    const options = optionsFor(
      SPY_THEN_TLT,
      new Map([
        ["SPY", bars(100, FLAT)],
        ["TLT", bars(100, FLAT)],
      ]),
    );
    const settings = { ...options.settings, allowedSymbols: new Set(["SPY"]) };
    const days = await runBacktest({ ...options, settings });
    expect(days.map(({ trades }) => trades.length)).toEqual([1, 0, 0]);
    expect(days[1]?.decisions[0]).toMatchObject({ kind: "undecided", reason: expect.stringContaining("TLT") });
  });
});

describe("a price missing at trade time", () => {
  test("of a target symbol: it is left alone, and the old holdings are still sold", async () => {
    const tlt = bars(100, FLAT).filter(({ session }) => session !== "2024-03-05");
    const options = optionsFor(
      SPY_THEN_TLT,
      new Map([
        ["SPY", bars(100, FLAT)],
        ["TLT", tlt],
      ]),
    );
    const days = await runBacktest(options);
    expect(days[1]?.trades.map(({ side, symbol }) => `${side} ${symbol}`)).toEqual(["sell SPY"]);
    expect(days[1]?.leftOff).toEqual([{ symbol: "TLT", reason: "price-doubt" }]);
  });

  test("of a held symbol: nothing is traded, and it keeps its last value", async () => {
    const spy = bars(100, [
      [100, 104],
      [100, 100],
      [100, 100],
    ]).filter(({ session }) => session !== "2024-03-05");
    const options = optionsFor(
      SPY_THEN_TLT,
      new Map([
        ["SPY", spy],
        ["TLT", bars(100, FLAT)],
      ]),
      { costBps: decimal("0") },
    );
    const days = await runBacktest(options);
    expect(days[1]).toMatchObject({ trades: [], unpriced: ["SPY"], refusal: expect.stringContaining("SPY") });
    expect(days[1]?.equity.toFixed()).toBe("10396");
    expect(buildResult(options, days)).toMatchObject({
      refused: [{ session: "2024-03-05" }],
      unpriced: [{ session: "2024-03-05", symbol: "SPY" }],
    });
  });
});

describe("the limits of the settings", () => {
  test("refuse a day as in live trading", async () => {
    const options = optionsFor(
      SPY_THEN_TLT,
      new Map([
        ["SPY", bars(100, FLAT)],
        ["TLT", bars(100, FLAT)],
      ]),
    );
    const days = await runBacktest({ ...options, limits: { maxDailyTurnover: decimal("1"), maxDailyLoss: undefined } });
    expect(days.map(({ trades }) => trades.length)).toEqual([1, 0, 0]);
    expect(days[1]?.refusal).toContain("MAX_DAILY_TURNOVER_PERCENT");
  });
});

describe("a period", () => {
  test("without a session is refused", async () => {
    const options = optionsFor(
      SPY_THEN_TLT,
      new Map([
        ["SPY", bars(100, FLAT)],
        ["TLT", bars(100, FLAT)],
      ]),
    );
    await expect(runBacktest({ ...options, period: { from: "2024-03-09", to: "2024-03-10" } })).rejects.toThrow(
      "No completed session from 2024-03-09 to 2024-03-10.",
    );
  });

  test("that ends after the bars is refused, with the last available day", async () => {
    const options = optionsFor(
      SPY_THEN_TLT,
      new Map([
        ["SPY", bars(100, FLAT)],
        ["TLT", bars(100, FLAT)],
      ]),
    );
    const late = SESSIONS.at(-1)!.date;
    await expect(runBacktest({ ...options, period: { from: "2024-03-04", to: late } })).rejects.toMatchObject({
      message: `The bars end on 2024-03-06 (the test), but the back-test runs to ${late}.`,
      hint: "Try --to 2024-03-06.",
    });
  });
});
