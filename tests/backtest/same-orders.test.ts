import { describe, expect, test } from "@jest/globals";
import type { BacktestDay } from "../../src/backtest/backtest.ts";
import { runBacktest } from "../../src/backtest/backtest.ts";
import { decideOn } from "../../src/backtest/decision.ts";
import { decimalFromNumber, toText } from "../../src/domain/decimal.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import type { DailyBar } from "../../src/domain/daily-bar.ts";
import type { Strategy } from "../../src/strategies/strategy.ts";
import { nuclear } from "../../src/strategies/nuclear.ts";
import { tecl } from "../../src/strategies/tecl.ts";
import { VirtualDesk } from "../execution/virtual-desk.ts";
import { LONG_MS, optionsFor, SESSIONS, walks } from "./market.ts";

const PERIOD = { from: "2024-03-04", to: "2024-03-12" };
const BEFORE_OPEN_MS = 60_000;

interface OrderLine {
  readonly session: string;
  readonly order: string;
  /** Hash of the alert lines that it follows. */
  readonly signal: string | undefined;
}

/**
 * A live installation on the same bars: each session the real signal from the venue's own bars, executed by the real rebalancer,
 * ledger, adapter and SDK at the prices of the open.
 */
async function liveOrders(strategy: Strategy, series: ReturnType<typeof walks>): Promise<OrderLine[]> {
  const sessions = SESSIONS.filter(({ date }) => date >= PERIOD.from && date <= PERIOD.to);
  const desk = new VirtualDesk({
    startAt: sessions[0]!.open - BEFORE_OPEN_MS,
    exchange: { prices: {}, cash: optionsFor(strategy, series).cash, ackLatencyMs: 0, fillLatencyMs: 0 },
  });
  const wire = ({ session, open, high, low, close, volume }: DailyBar): object => ({
    t: session,
    o: open,
    h: high,
    l: low,
    c: close,
    v: volume,
  });
  desk.exchange.giveBars({ bars: Object.fromEntries([...series].map(([symbol, own]) => [symbol, own.map(wire)])) });
  const orders: OrderLine[] = [];
  for (const { date, open } of sessions) {
    await desk.clock.advance(open - desk.clock.now());
    for (const [symbol, own] of series) {
      const price = decimalFromNumber(own.find(({ session }) => session === date)!.open);
      desk.exchange.setPrice(symbol, toText(price));
      desk.exchange.setQuote(symbol, toText(price.times("0.999")), toText(price.times("1.001")));
    }
    const parts = { market: desk.broker, clock: desk.clock, barMode: "closed", allowedSymbols: undefined } as const;
    const decision = await desk.clock.until(decideOn(strategy, parts));
    if (decision.kind === "undecided") throw new Error(decision.reason);
    const before = desk.exchange.state.orders.size;
    await desk.run(decision.signal);
    orders.push(
      ...[...desk.exchange.state.orders.values()]
        .slice(before)
        .map((order) => ({ session: date, order: lineOf(order), signal: order.clientOrderId.split("-")[2] })),
    );
  }
  await desk.close();
  return orders;
}

function lineOf({ side, symbol, quantity, notional }: Pick<OrderRecord, "side" | "symbol" | "quantity" | "notional">): string {
  return `${side} ${symbol} ${notional === undefined ? `${quantity!.toFixed()} shares` : `$${notional.toFixed()}`}`;
}

function backtestOrders(days: readonly BacktestDay[]): OrderLine[] {
  return days.flatMap(({ session, trades, decisions }) => {
    const [decision] = decisions;
    const signal = decision?.kind === "decided" ? decision.signal.id : undefined;
    return trades.map(({ side, symbol, ordered: { quantity, notional } }) => ({
      session,
      order: lineOf({ side, symbol, quantity, notional }),
      signal,
    }));
  });
}

describe("the same bars give the same orders live and in a back-test", () => {
  test.each([
    ["nuclear", nuclear, 11],
    ["nuclear", nuclear, 12],
    ["tecl", tecl, 13],
  ] as const)(
    "of %s, symbol by symbol and to the last digit, over seven sessions",
    async (_name, strategy, seed) => {
      const series = walks(strategy.symbols, seed);
      const days = await runBacktest(optionsFor(strategy, series, { period: PERIOD }));
      const live = await liveOrders(strategy, series);
      expect(backtestOrders(days)).toEqual(live);
      expect(live.some(({ order }) => order.startsWith("sell"))).toBe(true);
    },
    LONG_MS,
  );
});
