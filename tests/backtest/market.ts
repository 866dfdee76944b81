import type { BacktestOptions } from "../../src/backtest/backtest.ts";
import type { MarketHistory } from "../../src/backtest/market-history.ts";
import { decimal, ONE } from "../../src/domain/decimal.ts";
import { sessionsBetween } from "../../src/simulator/sessions.ts";
import { single } from "../../src/strategies/allocations.ts";
import type { DailyBar } from "../../src/domain/daily-bar.ts";
import type { Allocation, Strategy } from "../../src/strategies/strategy.ts";
import { randomWalk } from "../strategies/market.ts";

const SETTINGS = {
  cashReserve: decimal("0.01"),
  minTradeValue: decimal("5"),
  driftBand: decimal("0.01"),
  protectedSymbols: new Set<string>(),
  allowedSymbols: undefined,
  maxOrderValue: undefined,
  maxUnbuyable: decimal("0.2"),
  unbuyableAction: "refuse" as const,
};

/** As many as a strategy asks for, and some days that lie ahead of what the tests are about. */
export const SESSIONS = sessionsBetween("2022-07-01", "2024-03-15");

/** For tests that replay weeks: generous, for the machine may be busy. */
export const LONG_MS = 120_000;

/** Bars at these closes until 2024-03-01, then at the given opens and closes, session by session. */
export function bars(before: number, then: readonly (readonly [open: number, close: number])[]): DailyBar[] {
  const from = SESSIONS.findIndex(({ date }) => date === "2024-03-04");
  const flat = SESSIONS.slice(0, from).map(({ date }) => barOf(date, before, before));
  return [...flat, ...then.map(([open, close], index) => barOf(SESSIONS[from + index]!.date, open, close))];
}

export function barOf(session: string, open: number, close: number): DailyBar {
  return { session, open, high: Math.max(open, close), low: Math.min(open, close), close, volume: 1_000 };
}

/** Bars of every session, each a random walk of its own that opens between two closes. */
export function walks(symbols: readonly string[], seed: number): Map<string, DailyBar[]> {
  return new Map(
    symbols.map((symbol, index) => {
      const closes = randomWalk(seed * 100 + index, SESSIONS.length, 50 + index * 7);
      return [symbol, SESSIONS.map(({ date }, day) => barOf(date, (closes[day]! + closes[Math.max(0, day - 1)]!) / 2, closes[day]!))];
    }),
  );
}

export function historyOf(series: ReadonlyMap<string, readonly DailyBar[]>): MarketHistory {
  return { source: "the test", invented: false, sessions: SESSIONS, bars: series, warnings: [] };
}

/** A strategy that holds what it is told to for the date of the newest bar, and else the last of it; it has one rule, `R`. */
export function scripted(script: Readonly<Record<string, Allocation>>, symbols: readonly string[] = ["SPY", "TLT"]): Strategy {
  return {
    name: "scripted",
    symbols,
    history: 100,
    decide: (series) => {
      const newest = series.get(symbols[0]!)?.at(-1)?.session ?? "";
      const dates = Object.keys(script).filter((date) => date <= newest);
      const allocation = script[dates.at(-1) ?? ""] ?? single("SPY", "SPY by default");
      return { kind: "allocate", allocation, trace: [{ rule: "R", text: "as told", held: undefined, below: [] }] };
    },
  };
}

export function optionsFor(
  strategy: Strategy,
  series: ReadonlyMap<string, readonly DailyBar[]>,
  change: Partial<BacktestOptions> = {},
): BacktestOptions {
  return {
    strategies: [{ name: strategy.name, share: ONE, strategy }],
    history: historyOf(series),
    period: { from: "2024-03-04", to: "2024-03-06" },
    tradeAt: "open",
    cash: decimal("10000"),
    costBps: decimal("10"),
    benchmark: "SPY",
    settings: SETTINGS,
    limits: { maxDailyTurnover: undefined, maxDailyLoss: undefined },
    ...change,
  };
}
