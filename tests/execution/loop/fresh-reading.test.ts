import { describe, expect, test } from "@jest/globals";
import type { Position } from "../../../src/domain/broker.ts";
import { decimal, toText, ZERO } from "../../../src/domain/decimal.ts";
import type { IntentRecord } from "../../../src/domain/ledger/orders.ts";
import type { LineSummary, PlanSummary } from "../../../src/domain/ledger/summaries.ts";
import { isUnchanged, withFills } from "../../../src/execution/loop/fresh-reading.ts";
import { widenedTo } from "../../../src/execution/loop/signal-bounds.ts";
import type { AccountSnapshot } from "../../../src/execution/preparation/account-snapshot.ts";

const position = (symbol: string, quantity: string, price = "10"): Position =>
  ({
    symbol,
    quantity: decimal(quantity),
    available: decimal(quantity),
    marketValue: decimal(quantity).times(decimal(price)),
    costBasis: decimal(quantity),
    currentPrice: decimal(price),
  }) as Position;

function snapshot(cash: string, positions: readonly Position[], account: object = {}): AccountSnapshot {
  const numbers = { cash: decimal(cash), equity: decimal("10000"), buyingPower: decimal(cash) };
  return { account: { number: "1", blocks: [], ...numbers, ...account }, positions, openOrders: [] } as unknown as AccountSnapshot;
}

const BEFORE = snapshot("100", [position("TQQQ", "500"), position("UVXY", "490")]);

describe("a reading taken during the sells shows whether anything had changed", () => {
  test.each<[string, AccountSnapshot, boolean]>([
    ["the same", snapshot("100.40", BEFORE.positions), true],
    ["other cash", snapshot("5100", BEFORE.positions), false],
    ["less cash", snapshot("20", BEFORE.positions), false],
    ["a fill of ours", snapshot("100", [position("TQQQ", "400"), position("UVXY", "490")]), false],
    ["a position gone", snapshot("100", [position("UVXY", "490")]), false],
    ["another symbol in its place", snapshot("100", [position("BTAL", "500"), position("UVXY", "490")]), false],
    ["an unreadable row", snapshot("100", [{ ...position("TQQQ", "500"), problem: "qty" }, position("UVXY", "490")]), false],
    ["a block", snapshot("100", BEFORE.positions, { blocks: ["trading_blocked"] }), false],
    ["another account", snapshot("100", BEFORE.positions, { number: "2" }), false],
  ])("%s: %#", (_name, fresh, unchanged) => {
    expect(isUnchanged(fresh, BEFORE)).toBe(unchanged);
  });
});

describe("what a signal may trade after the reading taken during its sells", () => {
  const line = (symbol: string, weight: string, target: string, actual: string): LineSummary =>
    ({ symbol, targetWeight: weight, targetValue: target, actualValue: actual, action: "none", detail: "" }) as unknown as LineSummary;
  const lines = [line("BTAL", "1", "9900", "0"), line("TQQQ", "0", "0", "5000"), line("UVXY", "0", "0", "4900")];
  const plan = { selling: { base: "9900", lines, sells: [], buys: [] } } as unknown as PlanSummary;
  const numbers = { lastEquity: decimal("10000"), status: "ACTIVE" };
  const read = (positions: readonly Position[], equity = "10000"): AccountSnapshot => ({
    ...snapshot("100", positions, { ...numbers, equity: decimal(equity) }),
    prices: new Map(),
  });
  const before = read(BEFORE.positions);

  test("is the same where the account is worth the same, or less", () => {
    expect(widenedTo(plan, before, read(BEFORE.positions))).toBeUndefined();
    expect(widenedTo(plan, before, read(BEFORE.positions, "8000"))).toBeUndefined();
  });

  test.each([
    ["11000", "10890"],
    ["90000", "12375"],
  ])("grows with what the account is worth, by a quarter at most: %s", (equity, highest) => {
    const widened = widenedTo(plan, before, read(BEFORE.positions, equity));
    expect(widened?.selling.highestBase).toBe(highest);
    const most = widened?.goals?.find(({ symbol }) => symbol === "BTAL")?.most;
    expect(Number(most)).toBeCloseTo(Number(highest) * 1.05, 6);
  });

  test.each<[string, readonly Position[]]>([
    ["was not shown", [position("TQQQ", "500")]],
    ["could not be read", [position("TQQQ", "500"), { ...position("UVXY", "490"), problem: "market_value" }]],
  ])("contains what %s before", (_name, positions) => {
    const widened = widenedTo(plan, read(positions), read(BEFORE.positions));
    expect(widened?.goals?.find(({ symbol }) => symbol === "UVXY")).toMatchObject({ side: "sell", most: "5640", price: "10" });
    expect(widened?.selling.lines.map(({ symbol }) => symbol)).toEqual(["BTAL", "TQQQ"]);
  });
});

describe("the account with the fills of our sells", () => {
  const sell = (symbol: string, quantity: string, price: string, change: Partial<IntentRecord> = {}): IntentRecord =>
    ({
      symbol,
      side: "sell",
      state: "done",
      status: "filled",
      quantity: decimal(quantity),
      filledQuantity: decimal(quantity),
      filledAveragePrice: decimal(price),
      ...change,
    }) as IntentRecord;

  test("has their cash, fewer shares, and the equity that they really brought", () => {
    const after = withFills(BEFORE, [sell("TQQQ", "500", "9"), sell("UVXY", "90", "11")]);
    expect(
      after?.positions.map(({ symbol, quantity, available, marketValue }) => [symbol, ...[quantity, available, marketValue].map(toText)]),
    ).toEqual([["UVXY", "400", "400", "4000"]]);
    const { cash, buyingPower, equity } = after!.account;
    expect([cash, buyingPower, equity].map(toText)).toEqual(["5590", "5590", "9590"]);
  });

  test.each<[string, Partial<IntentRecord>]>([
    ["cut short", { status: "canceled", filledQuantity: decimal("10") }],
    ["still open", { state: "open", status: "partially_filled", filledQuantity: decimal("10") }],
    ["refused", { state: "refused", filledQuantity: ZERO }],
    ["without a price", { filledAveragePrice: undefined }],
    ["a buy", { side: "buy" }],
    ["more than is held", { quantity: decimal("501"), filledQuantity: decimal("501") }],
  ])("is not known when one of them is %s", (_name, change) => {
    expect(withFills(BEFORE, [sell("UVXY", "90", "11"), sell("TQQQ", "500", "9", change)])).toBeUndefined();
  });
});
