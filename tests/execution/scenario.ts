import { expect } from "@jest/globals";
import type { RebalanceResult } from "../../src/execution/rebalancer.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import type { ExecutionRecord } from "../../src/domain/ledger/executions.ts";
import { decimal, ZERO } from "../../src/domain/decimal.ts";
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

/** More than may be sent side by side. */
export const THIRTY = [...MANY, ..."SPY IOO QQQ QQQE SQQQ PSQ UPRO SPXL SSO TECL SOXL XLP XLY VTV VOX VOOG VOOV FAS".split(" ")];

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

/** What may never happen: short, in debt, one id twice, or more traded for a signal than it set out to (R33). */
export function expectUnharmed(desk: VirtualDesk): void {
  const { state } = desk.exchange;
  expect([...state.positions.values()].filter(({ quantity }) => quantity.lt(ZERO))).toEqual([]);
  expect(state.cash.gte(ZERO)).toBe(true);
  const ids = desk.orders().map(({ clientOrderId }) => clientOrderId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(overtraded(desk)).toEqual([]);
}

/** Symbols of which one signal has bought or sold more than the way from its holding to its target, and 5 % of the account (R33). */
export function overtraded(desk: VirtualDesk): string[] {
  const begun = desk.ledger
    .recentExecutions(50)
    .toReversed()
    .filter(({ begunAt }) => begunAt !== undefined);
  const first = new Map<string, ExecutionRecord>();
  for (const execution of begun) if (!first.has(execution.signalId)) first.set(execution.signalId, execution);
  return [...first.values()].flatMap((execution) => overtradedBy(desk, execution));
}

function overtradedBy(desk: VirtualDesk, { signalId, wanted, accountBefore }: ExecutionRecord): string[] {
  const { equity, positions } = accountBefore!;
  const orders = [...desk.exchange.state.orders.values()].filter(
    ({ clientOrderId }) => desk.ledger.execution(desk.ledger.intent(clientOrderId)?.executionId ?? "")?.signalId === signalId,
  );
  return [...new Set(orders.map(({ symbol, side }) => `${side} ${symbol}`))].filter((each) => {
    const [side, symbol] = each.split(" ");
    const held = positions.find((position) => position.symbol === symbol);
    const value = Number(held?.marketValue ?? 0);
    const weight = wanted.kind === "rebalance" ? Number(wanted.targets.get(symbol ?? "")?.toFixed() ?? 0) : 0;
    const way = side === "buy" ? weight * Number(equity) - value : value - weight * 0.95 * Number(equity);
    const price = held === undefined ? undefined : value / Number(held.quantity);
    const traded = orders
      .filter((order) => order.symbol === symbol && order.side === side)
      .map((order) =>
        side === "buy" || price === undefined ? Number(order.filledValue.toFixed()) : Number(order.filledQuantity.toFixed()) * price,
      );
    return traded.reduce((total, each) => total + each, 0) > Math.max(0, way) + 0.05 * Number(equity);
  });
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

/** A position as the venue lists it, of which the simulator knows nothing. */
export const ODD_POSITION: Readonly<Record<string, unknown>> = {
  asset_id: "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
  symbol: "ODD",
  exchange: "OTC",
  asset_class: "us_equity",
  avg_entry_price: "10",
  qty: "5",
  qty_available: "5",
  side: "long",
  market_value: "50",
  cost_basis: "50",
  current_price: "10",
};
