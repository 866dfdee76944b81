import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { BacktestDay, TradeAt } from "../../src/backtest/backtest.ts";
import { runBacktest } from "../../src/backtest/backtest.ts";
import { nuclear } from "../../src/strategies/nuclear.ts";
import { tecl } from "../../src/strategies/tecl.ts";
import { barOf, LONG_MS, optionsFor, walks } from "./market.ts";

const PERIOD = { from: "2024-03-01", to: "2024-03-13" };

function decidedAndOrdered(days: readonly BacktestDay[]): unknown[] {
  return days.map(({ session, decisions, trades, refusal }) => ({
    session,
    decisions: decisions.map((decision) =>
      decision.kind === "decided" ? [decision.branch, [...decision.signal.targets].map(String)] : decision.reason,
    ),
    orders: trades.map(({ side, symbol, ordered }) => `${side} ${symbol} ${String(ordered.quantity ?? ordered.notional)}`),
    refusal,
  }));
}

describe("future bars", () => {
  test.each<[TradeAt]>([["open"], ["close"]])(
    "changes no decision and no order up to a day, when traded at the %s",
    async (tradeAt) => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(nuclear, tecl),
          fc.integer({ min: 1, max: 1_000 }),
          fc.integer({ min: 0, max: 7 }),
          async (strategy, seed, cut) => {
            const series = walks(strategy.symbols, seed);
            const days = await runBacktest(optionsFor(strategy, series, { period: PERIOD, tradeAt }));
            const last = days[cut]!.session;
            const other = walks(strategy.symbols, seed + 1);
            const changed = new Map(
              [...series].map(([symbol, own]) => [
                symbol,
                own.map((bar, index) => (bar.session > last ? other.get(symbol)![index]! : bar)),
              ]),
            );
            const again = await runBacktest(optionsFor(strategy, changed, { period: PERIOD, tradeAt }));
            expect(decidedAndOrdered(again.slice(0, cut + 1))).toEqual(decidedAndOrdered(days.slice(0, cut + 1)));
          },
        ),
        { numRuns: 4, seed: 7 },
      );
    },
    LONG_MS,
  );

  test(
    "is the rest of the day as well, when traded at its open: its close decides nothing and sizes nothing",
    async () => {
      const series = walks(nuclear.symbols, 3);
      const days = await runBacktest(optionsFor(nuclear, series, { period: PERIOD }));
      const last = days.at(-1)!.session;
      const changed = new Map(
        [...series].map(([symbol, own]) => [
          symbol,
          own.map((bar) => (bar.session === last ? barOf(last, bar.open, bar.open * 1.2) : bar)),
        ]),
      );
      const again = await runBacktest(optionsFor(nuclear, changed, { period: PERIOD }));
      expect(decidedAndOrdered(again)).toEqual(decidedAndOrdered(days));
      expect(again.at(-1)!.equity.gt(days.at(-1)!.equity)).toBe(true);
    },
    LONG_MS,
  );

  test(
    "is what trading at the close does see: another close of the day is another decision or order",
    async () => {
      const series = walks(nuclear.symbols, 3);
      const days = await runBacktest(optionsFor(nuclear, series, { period: PERIOD, tradeAt: "close" }));
      const last = days.at(-1)!.session;
      const changed = new Map(
        [...series].map(([symbol, own]) => [
          symbol,
          own.map((bar) => (bar.session === last ? barOf(last, bar.open, bar.open * 1.2) : bar)),
        ]),
      );
      const again = await runBacktest(optionsFor(nuclear, changed, { period: PERIOD, tradeAt: "close" }));
      expect(decidedAndOrdered(again)).not.toEqual(decidedAndOrdered(days));
    },
    LONG_MS,
  );
});

describe("the same bars", () => {
  test(
    "give the same days, whatever order the symbols come in",
    async () => {
      const series = walks(nuclear.symbols, 5);
      const days = await runBacktest(optionsFor(nuclear, series, { period: PERIOD }));
      const again = await runBacktest(optionsFor(nuclear, new Map([...series].reverse()), { period: PERIOD }));
      expect(again).toEqual(days);
      expect(days.flatMap(({ trades }) => trades).length).toBeGreaterThan(3);
    },
    LONG_MS,
  );
});
