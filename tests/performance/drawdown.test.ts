import { expect, test } from "@jest/globals";
import { currentDrawdown, worstDrawdown } from "../../src/performance/drawdown.ts";
import type { GrowthPoint } from "../../src/performance/returns.ts";
import { growthOf } from "../../src/performance/returns.ts";
import { decimal } from "../../src/domain/decimal.ts";

function growth(...equities: (readonly [equity: string, flow?: string])[]): GrowthPoint[] {
  return growthOf(equities.map(([equity, flow = "0"], at) => ({ at, equity: decimal(equity), flow: decimal(flow) })));
}

test("the worst fall is the deepest one from a high, not the last one", () => {
  const points = growth(["100"], ["120"], ["90"], ["130"], ["117"], ["125"]);
  expect(worstDrawdown(points)).toEqual({ depth: decimal("0.25"), peakAt: 1, troughAt: 2, recoveredAt: 3 });
  expect(currentDrawdown(points).toFixed(4)).toBe("0.0384");
});

test("a fall not yet recovered has no recovery date", () => {
  const points = growth(["100"], ["80"], ["90"]);
  expect(worstDrawdown(points)).toMatchObject({ peakAt: 0, troughAt: 1, recoveredAt: undefined });
  expect(currentDrawdown(points).toFixed()).toBe("0.1");
});

test("a deposit does not end a fall, and a withdrawal is not a fall", () => {
  expect(worstDrawdown(growth(["100"], ["80"], ["200", "120"]))).toMatchObject({ depth: decimal("0.2"), recoveredAt: undefined });
  expect(worstDrawdown(growth(["100"], ["40", "-60"]))).toBeUndefined();
});

test("a rising curve, a single point and an empty curve have no fall", () => {
  for (const points of [growth(["100"], ["100"], ["101"]), growth(["100"]), []]) {
    expect(worstDrawdown(points)).toBeUndefined();
    expect(currentDrawdown(points).toFixed()).toBe("0");
  }
});

test("losing everything is a fall of 100 %", () => {
  expect(worstDrawdown(growth(["100"], ["0"]))?.depth.toFixed()).toBe("1");
});
