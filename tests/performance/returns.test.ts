import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { toEquityHistory } from "../../src/broker/equity-history.ts";
import type { EquityPoint } from "../../src/performance/returns.ts";
import { dayProfit, flowsWithin, gainOver, growthOf, timeWeightedReturn } from "../../src/performance/returns.ts";
import { decimal, roundHalfUp } from "../../src/domain/decimal.ts";

const RECORDED = join(import.meta.dirname, "../portfolio/recorded/portfolio_history_with_deposit.json");
const DAY_MS = 86_400_000;

/** One point a day: equity, and what was paid in before it. */
function days(...points: (readonly [equity: string, flow?: string])[]): EquityPoint[] {
  return points.map(([equity, flow = "0"], day) => ({ at: day * DAY_MS, equity: decimal(equity), flow: decimal(flow) }));
}

function returned(points: readonly EquityPoint[]): string | undefined {
  const value = timeWeightedReturn(points);
  return value && roundHalfUp(value, 10).toFixed();
}

describe("the return over days", () => {
  test("is the product of the days' returns", () => {
    expect(returned(days(["1000"], ["1100"], ["1045"]))).toBe("0.045");
  });

  test("a deposit is not a gain, on any day", () => {
    expect(returned(days(["1000"], ["1500", "500"]))).toBe("0");
    expect(returned(days(["1000"], ["1100"], ["2100", "1000"], ["2100"]))).toBe("0.1");
  });

  test("counts a deposit from the start of its day: 15 gained on 1,500", () => {
    expect(returned(days(["1000"], ["1515", "500"]))).toBe("0.01");
  });

  test("counts a withdrawal until the end of its day: 10 gained on 1,000", () => {
    expect(returned(days(["1000"], ["510", "-500"]))).toBe("0.01");
  });

  test("begins with the first deposit of an empty account", () => {
    expect(returned(days(["0"], ["1000", "1000"], ["1010"]))).toBe("0.01");
    expect(returned(days(["0"], ["0"], ["1000", "1000"]))).toBe("0");
  });

  test("is at worst −100 %, with no recovery", () => {
    expect(returned(days(["1000"], ["-50"]))).toBe("-1");
    expect(returned(days(["1000"], ["0"], ["500", "500"], ["600"]))).toBe("-1");
  });

  test("of fewer than two points is unknown", () => {
    expect(timeWeightedReturn([])).toBeUndefined();
    expect(timeWeightedReturn(days(["1000"]))).toBeUndefined();
    expect(gainOver(days(["1000"]))).toBeUndefined();
  });

  test("a deposit before the first point belongs to no period", () => {
    const points = days(["1000", "1000"], ["1010"]);
    expect(flowsWithin(points).toFixed()).toBe("0");
    expect(gainOver(points)?.toFixed()).toBe("10");
  });
});

describe("the recorded account with two deposits", () => {
  const points = toEquityHistory(JSON.parse(readFileSync(RECORDED, "utf8")));

  test("gained 451.17 and not 4,121.59: 3,670.42 of it was paid in", () => {
    expect([points[0], points.at(-1)].map((point) => point?.equity.toFixed())).toEqual(["4357.97", "8479.56"]);
    expect(flowsWithin(points).toFixed()).toBe("3670.42");
    expect(gainOver(points)?.toFixed()).toBe("451.17");
  });

  test("lost 0.15 % on a day with a naive gain of 57.7 %", () => {
    const day = points.findIndex(({ flow }) => flow.eq("2667.87"));
    const naive = points[day]!.equity.minus(points[day - 1]!.equity).div(points[day - 1]!.equity);
    expect(roundHalfUp(naive, 3).toFixed()).toBe("0.577");
    // 7,261.27 − 4,604.64 − 2,667.87 = −11.24, of 4,604.64 + 2,667.87 = 7,272.51.
    expect(returned(points.slice(day - 1, day + 1))).toBe("-0.0015455462");
  });

  test("returned the product of its days, calculated by hand with floating point", () => {
    const expected = points.slice(1).reduce((product, { equity, flow }, index) => {
      const [before, after, paid] = [points[index]!.equity, equity, flow].map((value) => Number(value.toFixed())) as [
        number,
        number,
        number,
      ];
      return product * (1 + (after - before - paid) / (before + paid));
    }, 1);
    expect(Number(timeWeightedReturn(points)!.toFixed())).toBeCloseTo(expected - 1, 10);
    expect(expected).toBeCloseTo(1.0879, 4);
  });
});

describe("any account", () => {
  const cents = (least: number, most: number) => fc.integer({ min: least, max: most }).map((value) => decimal(String(value)).div("100"));
  const history = fc
    .array(fc.tuple(cents(100, 100_000_000), cents(-50_000, 50_000)), { minLength: 2, maxLength: 30 })
    .map((rows) => rows.map(([equity, flow], day) => ({ at: day * DAY_MS, equity, flow })));
  const close = (one: EquityPoint[], other: EquityPoint[]): void => {
    const [first, second] = [growthOf(one), growthOf(other)].map((growth) => growth.at(-1)!.index);
    expect(first!.minus(second!).abs().lte(second!.abs().plus("1").times("1e-12"))).toBe(true);
  };

  test("has a return independent of its currency", () => {
    fc.assert(
      fc.property(history, cents(1, 100_000), (points, scale) => {
        close(
          points.map((point) => ({ ...point, equity: point.equity.times(scale), flow: point.flow.times(scale) })),
          points,
        );
      }),
      { seed: 20_251_201 },
    );
  });

  test("is unaffected by a deposit valued right before and right after it", () => {
    fc.assert(
      fc.property(history, fc.nat(), cents(-9_000, 100_000_000), (points, place, flow) => {
        const at = place % points.length;
        const paid = (point: EquityPoint): EquityPoint => ({ ...point, equity: point.equity.plus(flow) });
        fc.pre(points.slice(at).every((point) => paid(point).equity.gt("0")));
        const split = [...points.slice(0, at + 1), { ...paid(points[at]!), flow }];
        close(split, points.slice(0, at + 1));
      }),
      { seed: 20_251_201 },
    );
  });

  test("treats a flow in two parts at the same time as one", () => {
    fc.assert(
      fc.property(history, fc.nat(), cents(-50_000, 50_000), (points, place, part) => {
        const at = 1 + (place % (points.length - 1));
        const { flow } = points[at]!;
        const sameSide = flow.times(part).gte("0") && part.abs().lte(flow.abs());
        fc.pre(sameSide);
        const parts = points.map((point, index) => (index === at ? { ...point, flow: part.plus(flow.minus(part)) } : point));
        close(parts, points);
        expect(gainOver(parts)!.eq(gainOver(points)!)).toBe(true);
      }),
      { seed: 20_251_201 },
    );
  });
});

test("has a day's profit of equity less last equity less deposits", () => {
  const day = { equity: decimal("12810"), lastEquity: decimal("10000"), flows: decimal("2667.87") };
  expect(dayProfit(day).amount.toFixed()).toBe("142.13");
});

test("has a day's return like that of a longer period: a deposit counts from the start, a withdrawal until the end", () => {
  const returnOf = (lastEquity: string, flows: string, equity: string): string | undefined =>
    dayProfit({ lastEquity: decimal(lastEquity), flows: decimal(flows), equity: decimal(equity) }).fraction?.toFixed();
  expect(returnOf("50000", "5000", "57750")).toBe("0.05");
  expect(returnOf("50000", "-5000", "47500")).toBe("0.05");
  expect(returnOf("50000", "0", "47500")).toBe("-0.05");
  expect(returnOf("1", "99999", "103000")).toBe("0.03");
  expect(returnOf("0", "10000", "10500")).toBe("0.05");
  expect(returnOf("0", "0", "0")).toBeUndefined();

  const points = [
    { at: 0, equity: decimal("50000"), flow: decimal("0") },
    { at: 1, equity: decimal("57750"), flow: decimal("5000") },
  ];
  expect(timeWeightedReturn(points)!.toFixed()).toBe(returnOf("50000", "5000", "57750"));
});
