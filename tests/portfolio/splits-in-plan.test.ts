import { describe, expect, test } from "@jest/globals";
import { decimal, toText } from "../../src/domain/decimal.ts";
import type { PlanInput } from "../../src/portfolio/plan-input.ts";
import { makePlan } from "../../src/portfolio/plan.ts";
import type { PriceObservations } from "../../src/portfolio/price.ts";
import { provePlan } from "../../src/portfolio/proof.ts";
import type { SplitDoubt } from "../../src/portfolio/split.ts";
import { lineOf, NOW, ordersOf, planFor, reasonsOf, scene, seenAt } from "./given.ts";

const unbooked = (ratio: string, quantity: string): SplitDoubt => ({
  kind: "split-unbooked",
  ratio: decimal(ratio),
  session: "2025-07-14",
  quantity: decimal(quantity),
});
const SUSPECTED: SplitDoubt = { kind: "split-suspected", reason: "its daily bars cannot be read" };

/** $74,250 of UVXY and $24,750 of BTAL; a split of 1 for 5 makes the broker count $371,250 of UVXY. */
const HEDGED = {
  cash: "1000",
  held: { UVXY: "3712.5", BTAL: "1237.5" },
  prices: { UVXY: { ...seenAt("100"), previousClose: { price: decimal("20"), at: NOW - 86_400_000 } }, BTAL: "20", TQQQ: "85" },
};

describe("a holding whose split is not booked", () => {
  test("is worth quantity × price ÷ ratio, is not sold, and gives no money to other symbols", () => {
    const plan = planFor({ ...HEDGED, targets: { TQQQ: "1" }, splits: new Map([["UVXY", unbooked("5", "3712.5")]]) });
    expect(ordersOf(plan)).toEqual(["sell BTAL 1237.5 shares", "buy TQQQ $24750"]);
    expect(toText(plan.base)).toBe("99000");
    expect(toText(lineOf(plan, "UVXY").actualValue)).toBe("74250");
    expect(reasonsOf(plan)).toMatchObject({ UVXY: "split-unbooked" });
    expect(lineOf(plan, "UVXY").detail).toContain("the broker still lists the 3,712.5 shares from before it, which become 742.5");
  });

  test("makes nobody trade who is on target", () => {
    const plan = planFor({
      cash: "1000",
      held: { TQQQ: "1000", BTAL: "2000" },
      prices: { TQQQ: "24.75", BTAL: "24.75" },
      targets: { TQQQ: "0.5", BTAL: "0.5" },
      splits: new Map([["TQQQ", unbooked("0.5", "1000")]]),
    });
    expect(ordersOf(plan)).toEqual([]);
    expect(reasonsOf(plan)).toEqual({ BTAL: "within-drift", TQQQ: "split-unbooked" });
  });

  test("is corrected in the broker's equity too, so that a wrong equity is still found", () => {
    const given = { ...HEDGED, targets: { TQQQ: "1" }, splits: new Map([["UVXY", unbooked("5", "3712.5")]]) };
    expect(makePlan(scene({ ...given, equity: "397000" })).kind).toBe("plan");
    expect(makePlan(scene({ ...given, equity: "100000" }))).toMatchObject({ kind: "refused", refusal: "price-doubt" });
  });

  test("is not sold by an exit either", () => {
    const plan = planFor({ ...HEDGED, exit: ["UVXY"], splits: new Map([["UVXY", unbooked("5", "3712.5")]]) });
    expect([ordersOf(plan), reasonsOf(plan)]).toEqual([[], { UVXY: "split-unbooked" }]);
  });
});

describe("a holding that may have been split", () => {
  test("counts for no purchase: what is bought is bought with the money that is there", () => {
    const plan = planFor({ ...HEDGED, targets: { TQQQ: "1" }, splits: new Map([["UVXY", SUSPECTED]]) });
    expect(ordersOf(plan)).toEqual(["sell BTAL 1237.5 shares", "buy TQQQ $25492.5"]);
    expect(toText(plan.base)).toBe("25492.5");
    expect(reasonsOf(plan)).toEqual({ UVXY: "split-suspected" });
  });

  test("makes nobody sell who could be on target", () => {
    const held = { cash: "1000", held: { TQQQ: "1000", BTAL: "2000" }, targets: { TQQQ: "0.5", BTAL: "0.5" } };
    const halved = { ...seenAt("24.75"), previousClose: { price: decimal("49.5"), at: NOW - 86_400_000 } };
    const plan = planFor({ ...held, prices: { TQQQ: halved, BTAL: "24.75" }, splits: new Map([["TQQQ", SUSPECTED]]) });
    expect([ordersOf(plan), reasonsOf(plan)]).toEqual([[], { BTAL: "split-suspected", TQQQ: "split-suspected" }]);
  });

  test("lets be sold what is too much whatever it is worth", () => {
    const plan = planFor({
      cash: "0",
      held: { TQQQ: "100", BTAL: "4000" },
      prices: { TQQQ: "25", BTAL: "25" },
      targets: { TQQQ: "0.5", BTAL: "0.5" },
      splits: new Map([["TQQQ", SUSPECTED]]),
    });
    expect(ordersOf(plan)).toEqual(["sell BTAL 1970.5 shares"]);
  });
});

describe("a holding that market data does not know", () => {
  const NO_BARS: SplitDoubt = { kind: "split-suspected", reason: "it has no daily bars", hasNoBars: true };
  const UNSEEN: PriceObservations = {
    trade: undefined,
    quote: undefined,
    minuteBar: undefined,
    previousClose: undefined,
    position: { price: decimal("10"), at: NOW },
  };
  const holding = (marketValue: string): PlanInput =>
    scene({
      cash: "10000",
      held: { XYZ: { quantity: "100", marketValue } },
      prices: { XYZ: UNSEEN, TQQQ: "85" },
      targets: { TQQQ: "1" },
      splits: new Map([["XYZ", NO_BARS]]),
    });
  const reasonIn = (input: PlanInput): string | undefined => {
    const result = makePlan(input);
    return result.kind === "plan" ? lineOf(result.plan, "XYZ").leftAlone : result.refusal;
  };

  test("is nothing to wait for, and no reason to be off target where it is worth less than the minimum", () => {
    expect(reasonIn(holding("1000"))).toBe("no-market-data");
    expect(reasonIn(holding("3"))).toBe("dust-cannot-close");
  });

  test("is waited for while market data may only be down", () => {
    const { observations, ...input } = holding("3");
    expect(reasonIn({ ...input, observations: new Map([...observations].filter(([symbol]) => symbol === "XYZ")) })).toBe("split-suspected");
    expect(reasonIn({ ...input, observations, splits: new Map([["XYZ", SUSPECTED]]) })).toBe("split-suspected");
  });
});

test("a plan that trades such a symbol does not pass its proof", () => {
  const input = scene({ cash: "1000", held: { UVXY: "10" }, prices: { UVXY: "100", TQQQ: "85" }, targets: { TQQQ: "1" } });
  const plan = planFor(input);
  expect(provePlan(plan, input)).toEqual([]);
  for (const split of [SUSPECTED, unbooked("5", "10")]) {
    const failures = provePlan(plan, { ...input, splits: new Map([["UVXY", split]]) });
    expect(failures).toContainEqual(expect.objectContaining({ rule: "symbol", symbol: "UVXY" }));
  }
});
