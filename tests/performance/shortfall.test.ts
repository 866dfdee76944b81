import { describe, expect, test } from "@jest/globals";
import { cashDrag, residuesOf, costOfOrder, costOfOrders, delaysOf } from "../../src/performance/shortfall.ts";
import { decimal } from "../../src/domain/decimal.ts";

const order = (side: "buy" | "sell", quantity: string, fillPrice: string, decisionPrice: string | undefined) => ({
  side,
  quantity: decimal(quantity),
  fillPrice: decimal(fillPrice),
  decisionPrice: decisionPrice === undefined ? undefined : decimal(decisionPrice),
});
const basisPoints = (...args: Parameters<typeof order>) => costOfOrder(order(...args))?.basisPoints.toFixed();

describe("the cost of an order against its decision", () => {
  test("positive is worse, for a buy above the price and for a sell below it", () => {
    expect(basisPoints("buy", "10", "100.25", "100")).toBe("25");
    expect(basisPoints("sell", "10", "99.75", "100")).toBe("25");
    expect(basisPoints("buy", "10", "99.9", "100")).toBe("-10");
    expect(basisPoints("sell", "10", "100.1", "100")).toBe("-10");
    expect(costOfOrder(order("sell", "10", "99.75", "100"))?.dollars.toFixed()).toBe("2.5");
  });

  test("is unknown without a fill or a decision price", () => {
    expect(basisPoints("buy", "0", "100", "100")).toBeUndefined();
    expect(basisPoints("buy", "1", "100", undefined)).toBeUndefined();
    expect(basisPoints("buy", "1", "100", "0")).toBeUndefined();
  });

  test("of several is weighted by their value: 25 bp on 9,000 and −5 bp on 1,000 are 22 bp", () => {
    const all = [costOfOrder(order("buy", "90", "100.25", "100")), undefined, costOfOrder(order("buy", "10", "99.95", "100"))];
    const cost = costOfOrders(all)!;
    expect([cost.basisPoints, cost.dollars, cost.decisionValue].map((value) => value.toFixed())).toEqual(["22", "22", "10000"]);
    expect(costOfOrders([undefined])).toBeUndefined();
  });
});

describe("how long it took", () => {
  test("from the alert to the first order that left and to the end on target", () => {
    expect(delaysOf({ alertAt: 1_000, sentAt: [1_400, 1_250], onTargetAt: 2_600 })).toEqual({
      alertToFirstOrder: 250,
      alertToOnTarget: 1_600,
    });
  });

  test("is unknown if nothing was sent, if it did not end on target, or if the alert is gone", () => {
    expect(delaysOf({ alertAt: 1_000, sentAt: [], onTargetAt: undefined })).toEqual({
      alertToFirstOrder: undefined,
      alertToOnTarget: undefined,
    });
    expect(delaysOf({ alertAt: undefined, sentAt: [5], onTargetAt: 9 })).toEqual({
      alertToFirstOrder: undefined,
      alertToOnTarget: undefined,
    });
  });

  test("is never negative, even when the clock was set back", () => {
    expect(delaysOf({ alertAt: 1_000, sentAt: [900], onTargetAt: 950 })).toEqual({ alertToFirstOrder: 0, alertToOnTarget: 0 });
  });
});

describe("what is missing to the target", () => {
  const amounts = (values: Record<string, string>) => new Map(Object.entries(values).map(([symbol, value]) => [symbol, decimal(value)]));

  test("is each symbol's distance from its target in points of the base", () => {
    const residues = residuesOf(amounts({ SMR: "3000", TQQQ: "0" }), amounts({ SMR: "2900", TQQQ: "50", IBIT: "7" }), decimal("10000"));
    expect(residues.map(({ symbol, drift }) => [symbol, drift.toFixed()])).toEqual([
      ["SMR", "-0.01"],
      ["TQQQ", "0.005"],
    ]);
  });

  test("is the idle cash compared with the targets, next to holdings without a target", () => {
    const after = { equity: decimal("10000"), cash: decimal("600"), untargeted: [decimal("400")] };
    // 10,000 − 400 − 9,500 = 100 were meant to stay cash.
    expect(cashDrag(after, decimal("9500"))?.toFixed()).toBe("0.05");
    expect(cashDrag({ ...after, cash: decimal("90") }, decimal("9500"))?.toFixed()).toBe("-0.001");
    expect(cashDrag({ ...after, equity: decimal("0") }, decimal("1"))).toBeUndefined();
  });
});
