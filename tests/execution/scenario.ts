import { expect } from "@jest/globals";
import type { RebalanceResult } from "../../src/execution/rebalancer.ts";
import type { IntentRecord } from "../../src/ledger/ledger.ts";
import { decimal, ZERO } from "../../src/portfolio/money.ts";
import type { InitialPosition } from "../../src/simulator/exchange-options.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import type { DeskOptions, VirtualDesk } from "./virtual-desk.ts";

export const HEDGE = { UVXY: "0.75", BTAL: "0.25" };

export const HELD: readonly InitialPosition[] = [
  { symbol: "TQQQ", quantity: decimal("1000.123456789"), averagePrice: decimal("80") },
  { symbol: "SMR", quantity: decimal("300.5"), averagePrice: decimal("40") },
];

/** An account that holds TQQQ and SMR and hardly any cash: going over to HEDGE takes two sells, then two buys. */
export const INVESTED: DeskOptions = { exchange: { cash: decimal("12"), positions: HELD } };

export const SWITCH = ["buy BTAL filled", "buy UVXY filled", "sell SMR filled", "sell TQQQ filled"];

export const MANY = ["AAPL", "AMZN", "BWXT", "CCJ", "EXC", "GOOGL", "MSFT", "NLR", "NVDA", "TSLA", "XLF", "XLK"];

export function heldEach(symbols: readonly string[], quantity = "10"): InitialPosition[] {
  return symbols.map((symbol) => ({ symbol, quantity: decimal(quantity), averagePrice: decimal("100") }));
}

/** Lets time pass until something is so; at most an hour. */
export async function passUntil(desk: VirtualDesk, holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds() && waited < 3_600_000; waited += 10) await desk.clock.advance(10);
}

/** Every order at the venue, sorted. */
export function book(desk: VirtualDesk): string[] {
  return desk
    .orders()
    .map(({ side, symbol, status }) => `${side} ${symbol} ${status}`)
    .sort();
}

export function orderOf(desk: VirtualDesk, symbol: string): OrderRecord {
  const order = [...desk.exchange.state.orders.values()].find((each) => each.symbol === symbol);
  if (order === undefined) throw new Error(`The venue has no order for ${symbol}.`);
  return order;
}

export function intentsOf(desk: VirtualDesk): IntentRecord[] {
  return desk.ledger.recentExecutions(10).flatMap(({ id }) => desk.ledger.intentsOf(id));
}

/** What may never happen: short, in debt, or one order twice. */
export function expectUnharmed(desk: VirtualDesk): void {
  const { state } = desk.exchange;
  expect([...state.positions.values()].filter(({ quantity }) => quantity.lt(ZERO))).toEqual([]);
  expect(state.cash.gte(ZERO)).toBe(true);
  const alive = desk.orders().filter(({ status }) => status !== "canceled" && status !== "rejected");
  expect(new Set(alive.map(({ side, symbol }) => `${side} ${symbol}`)).size).toBe(alive.length);
}

/** Holds exactly these symbols, each within the drift band of its weight less the reserve. */
export function expectHoldings(desk: VirtualDesk, targets: Readonly<Record<string, string>>): void {
  const weights = desk.weights();
  expect(Object.keys(weights).sort()).toEqual(Object.keys(targets).sort());
  for (const [symbol, weight] of Object.entries(targets))
    expect(Math.abs((weights[symbol] ?? 0) - Number(weight) * 0.99)).toBeLessThan(0.01);
}

/** The switch was made with one order for each intent, and the ledger says so. */
export function expectSwitched(desk: VirtualDesk, result: RebalanceResult): void {
  expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
  expectSwitchedBook(desk);
}

export function expectSwitchedBook(desk: VirtualDesk): void {
  expect(book(desk)).toEqual(SWITCH);
  expectHoldings(desk, HEDGE);
  expectUnharmed(desk);
  expect(intentsOf(desk).map(({ state }) => state)).toEqual(["done", "done", "done", "done"]);
}
