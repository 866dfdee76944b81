import { describe, expect, test } from "@jest/globals";
import { decimal, sum, toText, truncate, ZERO, type Decimal } from "../../src/domain/decimal.ts";
import { makePlan, type PlanInput } from "../../src/portfolio/plan.ts";
import { lineOf, ordersOf, planFor, reasonsOf, scene, WHOLE_ONLY, type Scene } from "./given.ts";

const NUCLEAR = { SMR: "0.312", LEU: "0.395", OKLO: "0.293" };
const PRICES = { SMR: "41.5", LEU: "213.39", OKLO: "60.83" };

describe("on target (R12)", () => {
  test("is not an account that holds nothing of a leg, however small the account and however dear the share", () => {
    const small = planFor({ cash: "14", targets: NUCLEAR, prices: PRICES });
    expect(small.reachesTarget).toBe(false);
    expect(reasonsOf(small)).toMatchObject({ OKLO: "below-minimum" });
    const dear = planFor({ cash: "10000", targets: { LEU: "1" }, prices: { LEU: "720000" }, assets: { LEU: WHOLE_ONLY } });
    expect(dear.reachesTarget).toBe(false);
    expect(planFor({ cash: "0", targets: NUCLEAR, prices: PRICES }).reachesTarget).toBe(true);
  });

  test("is one that lacks less than the drift band, or less than a share of what it holds", () => {
    const lacking = (target: string, cash = "10000"): boolean =>
      planFor({ cash, targets: { LEU: target }, prices: PRICES, assets: { LEU: WHOLE_ONLY } }).reachesTarget;
    expect(lacking("0.005")).toBe(true);
    expect(lacking("0.02")).toBe(false);
    expect(lacking("0.03")).toBe(true);
  });
});

describe("buys from cash (R11)", () => {
  test("of $100,000 reach every target of the base and leave the reserve", () => {
    const plan = planFor({ cash: "100000", targets: NUCLEAR, prices: PRICES });
    expect(ordersOf(plan)).toEqual(["buy LEU $39105", "buy OKLO $29007", "buy SMR $30888"]);
    expect(lineOf(plan, "SMR").detail).toBe("target 31.2 % of $99,000.00 = $30,888.00, held $0.00: buy $30,888.00");
    expect(plan.reachesTarget).toBe(true);
  });

  test("leave no leg permanently short with a reserve of 5 %: every leg gets its share of the base", () => {
    const given: Scene = { cash: "100000", targets: NUCLEAR, prices: PRICES, settings: { cashReserve: decimal("0.05") } };
    expect(ordersOf(planFor(given))).toEqual(["buy LEU $37525", "buy OKLO $27835", "buy SMR $29640"]);
  });

  test("have no hidden cap: one target of 100 % takes the whole base", () => {
    expect(ordersOf(planFor({ cash: "98843.70", targets: { UVXY: "1" }, prices: { UVXY: "20" } }))).toEqual(["buy UVXY $97855.26"]);
  });

  test("of symbols without fractions are whole shares, counted at 4 % above the price", () => {
    const plan = planFor({ cash: "10000", targets: { LEU: "0.5" }, prices: PRICES, assets: { LEU: WHOLE_ONLY } });
    expect(plan.buys).toMatchObject([
      { side: "buy", quantity: decimal("23"), estimatedValue: decimal("4907.97"), worstCaseCost: decimal("5104.2888"), fullExit: false },
    ]);
    expect(reasonsOf(plan)).toEqual({ LEU: "whole-share-remainder" });
    expect(plan.reachesTarget).toBe(true);
  });

  test("of whole shares never cost more than the cash even 4 % above the price", () => {
    const plan = planFor({ cash: "10000", targets: { LEU: "1" }, prices: PRICES, assets: { LEU: WHOLE_ONLY } });
    expect(ordersOf(plan)).toEqual(["buy LEU 45 shares"]);
    expect(plan.buys[0]!.worstCaseCost.lte(decimal("10000"))).toBe(true);
  });

  test("of less than one whole share are left, on target", () => {
    const plan = planFor({ cash: "200", targets: { LEU: "1" }, prices: PRICES, assets: { LEU: WHOLE_ONLY } });
    expect(reasonsOf(plan)).toEqual({ LEU: "whole-share-remainder" });
  });
});

describe("buys with too little cash (R11)", () => {
  test("shrink in proportion, down to the cent", () => {
    const held = { XYZ: { quantity: "100", available: "100" } };
    const assets = { XYZ: { active: false, tradable: false, fractionable: true } };
    const plan = planFor({ cash: "1000.01", held, targets: { SMR: "0.5", LEU: "0.25" }, prices: { ...PRICES, XYZ: "10" }, assets });
    expect(ordersOf(plan)).toEqual(["buy LEU $326.66", "buy SMR $653.33"]);
    expect(reasonsOf(plan)).toEqual({ LEU: "insufficient-cash", SMR: "insufficient-cash", XYZ: "inactive" });
  });

  test("drop what falls below the minimum and share its part once more", () => {
    const plan = planFor({
      phase: "buying",
      cash: "49",
      held: { XYZ: "100" },
      targets: { XYZ: "0.475", SMR: "0.45", LEU: "0.05" },
      prices: { ...PRICES, XYZ: "9.5" },
      settings: { cashReserve: decimal("0") },
    });
    expect(ordersOf(plan)).toEqual(["buy SMR $49"]);
    expect(reasonsOf(plan)).toEqual({ LEU: "insufficient-cash", SMR: "insufficient-cash", XYZ: "sells-over" });
  });

  test("count open and unknown buys of anybody against cash", () => {
    const working = [{ symbol: "OKLO", side: "buy" as const, own: false, worstCaseCost: decimal("700") }];
    const plan = planFor({ cash: "1000", targets: { SMR: "0.5", LEU: "0.5" }, prices: PRICES, working });
    expect(toText(plan.spendable)).toBe("300");
    expect(ordersOf(plan)).toEqual(["buy LEU $145", "buy SMR $145"]);
  });

  test("obey a buying power that is below the cash", () => {
    const plan = planFor({ cash: "1000", buyingPower: "612.53", targets: { LEU: "0.8641" }, prices: PRICES });
    expect(ordersOf(plan)).toEqual(["buy LEU $612.53"]);
  });

  test("that are short by less than the drift band still reach the target", () => {
    const plan = planFor({
      phase: "buying",
      cash: "995",
      held: { SMR: "1" },
      targets: { SMR: "0.02", LEU: "0.98" },
      prices: { SMR: "30", LEU: "200" },
    });
    expect(reasonsOf(plan)).toEqual({ LEU: "within-drift", SMR: "within-drift" });
    expect(plan.reachesTarget).toBe(true);
  });
});

test("in phase selling, buys are planned on the cash that the sells are expected to bring", () => {
  const plan = planFor({ cash: "10", held: { SMR: "100" }, targets: { LEU: "1" }, prices: PRICES });
  expect(toText(plan.spendable)).toBe("4160");
  expect(ordersOf(plan)).toEqual(["sell SMR 100 shares", "buy LEU $4118.4"]);
  expect(plan.reachesTarget).toBe(true);
});

test("the buys of a fully spent budget add up to it, to the cent for each order", () => {
  const targets = { AAA: "0.333", BBB: "0.333", CCC: "0.334" };
  const plan = planFor({ phase: "buying", cash: "1000.03", buyingPower: "777.77", targets, prices: { AAA: "3", BBB: "7", CCC: "11" } });
  const spent = sum(plan.buys.map((order) => order.notional!));
  expect(spent.lte(decimal("777.77"))).toBe(true);
  expect(spent.gt(decimal("777.74"))).toBe(true);
});

describe("fills that are a little worse than planned", () => {
  test("leave every weight within half a point of its part of the base, and the next run nothing to do", () => {
    const first = planFor({ cash: "100000", targets: NUCLEAR, prices: PRICES });
    const held = Object.fromEntries(
      first.buys.map((order) => [order.symbol, shares(order.notional!, PRICES[order.symbol as keyof typeof PRICES])]),
    );
    const second = planFor({ cash: "1000", held, targets: NUCLEAR, prices: PRICES });
    expect(ordersOf(second)).toEqual([]);
    expect(second.reachesTarget).toBe(true);
    const worth = second.base.div(decimal("0.99"));
    const off = second.lines.map((line) =>
      line.actualValue
        .div(worth)
        .minus(line.targetWeight.times(decimal("0.99")))
        .abs(),
    );
    expect(off.every((points) => points.lt(decimal("0.005")))).toBe(true);
  });

  /** Filled half a per cent above the price that was planned with. */
  function shares(notional: Decimal, price: string): string {
    return toText(truncate(notional.div(decimal(price).times(decimal("1.005"))), 9));
  }
});

describe("a buy that is cut", () => {
  const given = scene({ phase: "buying", cash: "10000", targets: { LEU: "1" }, prices: { LEU: "200" }, settings: { cashReserve: ZERO } });
  const cut = (mayBuy: string | undefined, maxOrderValue?: string, change: Partial<PlanInput> = {}): string => {
    const settings = { ...given.settings, maxOrderValue: maxOrderValue === undefined ? undefined : decimal(maxOrderValue) };
    const bounds = mayBuy === undefined ? {} : { mayBuy: new Map([["LEU", decimal(mayBuy)]]) };
    const result = makePlan({ ...given, settings, ...bounds, ...change });
    if (result.kind === "refused") throw new Error(result.reason);
    return [...ordersOf(result.plan), reasonsOf(result.plan).LEU].join(" ").trim();
  };

  test.each([
    ["what the signal may buy (R33)", "700.55", undefined, "buy LEU $700.55 signal-bound"],
    ["MAX_ORDER_VALUE (R28)", undefined, "700.55", "buy LEU $700.55 order-limit"],
    ["the lower of the two", "800", "700.55", "buy LEU $700.55 order-limit"],
    ["the lower of the two", "700.55", "800", "buy LEU $700.55 signal-bound"],
    ["the same of both", "700", "700", "buy LEU $700 order-limit"],
    ["nothing where both are enough", "10000", "10000", "buy LEU $10000"],
    ["no order below the minimum", "4.99", undefined, "signal-bound"],
    ["the minimum", "5", undefined, "buy LEU $5 signal-bound"],
  ])("goes down to %s", (_what, mayBuy, limit, expected) => {
    expect(cut(mayBuy, limit)).toBe(expected);
  });

  test("buys whole shares where the asset trades whole", () => {
    expect(cut("700", undefined, { assets: new Map([["LEU", WHOLE_ONLY]]) })).toBe("buy LEU 3 shares signal-bound");
  });
});
