import { describe, expect, test } from "@jest/globals";
import { readBrokerHistory, barsOn, historyStart, seenThrough } from "../../src/backtest/market-history.ts";
import { nuclear } from "../../src/strategies/nuclear.ts";
import { bars, historyOf, SESSIONS } from "./market.ts";

const SERIES = new Map([
  [
    "SPY",
    bars(100, [
      [100, 101],
      [102, 103],
    ]),
  ],
]);

describe("the market as a decision sees it", () => {
  test("has no bar after the visible date, whatever is requested", async () => {
    const market = seenThrough(historyOf(SERIES), "2024-03-04");
    const found = await market.dailyBars(["SPY", "TLT"], "2024-02-29", "2024-03-31");
    expect([...found.keys()]).toEqual(["SPY"]);
    expect(found.get("SPY")!.map(({ session }) => session)).toEqual(["2024-02-29", "2024-03-01", "2024-03-04"]);
    expect((await market.calendar("2024-03-04", "2024-03-05")).map(({ date }) => date)).toEqual(["2024-03-04", "2024-03-05"]);
  });

  test("has only existing bars of a session", () => {
    expect([...barsOn(historyOf(SERIES), ["SPY", "TLT"], "2024-03-05")].map(([symbol, { open }]) => `${symbol} ${String(open)}`)).toEqual([
      "SPY 102",
    ]);
    expect(barsOn(historyOf(SERIES), ["SPY"], "2024-03-06").size).toBe(0);
  });

  test("reaches back as far as a signal of the first session needs", () => {
    const start = historyStart({ from: "2024-03-04", to: "2024-03-08" }, [nuclear]);
    // 400 bars × 365.25 / 252 days and a week.
    expect(Date.parse("2024-03-04") - Date.parse(start)).toBeGreaterThan((Math.ceil((400 * 365.25) / 252) + 7) * 86_400_000);
  });
});

describe("the history from a broker", () => {
  const noon = Date.parse("2024-03-05T12:00:00-05:00");
  const broker = {
    name: "a broker",
    calendar: (start: string, end: string) => Promise.resolve(SESSIONS.filter(({ date }) => date >= start && date <= end)),
    dailyBars: (symbols: readonly string[]) => Promise.resolve(new Map(symbols.map((symbol) => [symbol, SERIES.get("SPY")!]))),
  };

  test("ends with the last completed session, with a warning", async () => {
    const history = await readBrokerHistory(broker, ["SPY", "TLT"], "2024-03-01", { from: "2024-03-04", to: "2024-03-05" }, noon);
    expect(history.sessions.map(({ date }) => date)).toEqual(["2024-03-01", "2024-03-04"]);
    expect(history.warnings).toEqual(["The session of 2024-03-05 is still running and is left out."]);
  });

  test("is requested in parts, so that years of many symbols are not a single answer", async () => {
    const asked: string[][] = [];
    const counting = { ...broker, dailyBars: (symbols: readonly string[]) => (asked.push([...symbols]), broker.dailyBars(symbols)) };
    const symbols = Array.from({ length: 20 }, (_, index) => `S${String(index)}`);
    const history = await readBrokerHistory(counting, symbols, "2022-07-01", { from: "2024-03-04", to: "2024-03-05" }, noon);
    expect(asked.every((part) => part.length * history.sessions.length <= 2_500)).toBe(true);
    expect(asked.flat()).toEqual(symbols);
    expect(history.bars.size).toBe(20);
  });

  test("does not reach into the future", async () => {
    const early = readBrokerHistory(broker, ["SPY"], "2024-03-01", { from: "2024-03-04", to: "2024-03-06" }, noon);
    await expect(early).rejects.toThrow("--to is 2024-03-06, a future date (it is 2024-03-05 in New York).");
  });
});
