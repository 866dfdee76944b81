import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { makePlan, type PlanAsset } from "../../src/portfolio/plan.ts";
import { provePlan } from "../../src/portfolio/proof.ts";
import { lineOf, NOW, ordersOf, planFor, reasonsOf, scene, seenAt, TRADABLE, WHOLE_ONLY, type Scene } from "./given.ts";

const PRICES = { TQQQ: "80", UVXY: "20", BTAL: "20", LEU: "200", OKLO: "50" };
const PARTNERSHIP: PlanAsset = { ...TRADABLE, purchaseBlock: "its attribute ptp_no_exception keeps this account from buying it" };
/** 1,200 TQQQ and $4,000: the hedge is to be bought from what the sale brings. */
const HEDGE: Scene = { cash: "4000", held: { TQQQ: "1200" }, targets: { UVXY: "0.75", BTAL: "0.25" }, prices: PRICES };

function refusedBy(given: Scene): string | undefined {
  const result = makePlan(scene(given));
  return result.kind === "refused" ? `${result.refusal}: ${result.reason}` : undefined;
}

describe("a run of which more than MAX_UNBUYABLE_PERCENT cannot be bought (R12)", () => {
  test("is refused, and the 1,200 TQQQ are not sold for 75 % of UVXY that this account may not buy", () => {
    expect(refusedBy({ ...HEDGE, assets: { UVXY: PARTNERSHIP } })).toBe(
      "unbuyable: 75.0 % of the run cannot be bought, more than MAX_UNBUYABLE_PERCENT (20.0 %), so nothing is sold for it. " +
        "UVXY (75.0 %): its attribute ptp_no_exception keeps this account from buying it.",
    );
  });

  test.each([
    ["unknown", { assets: { UVXY: undefined } }, "the broker does not know it"],
    ["inactive", { assets: { UVXY: { ...TRADABLE, active: false } } }, "inactive at the broker"],
    ["not tradable", { assets: { UVXY: { ...TRADABLE, tradable: false } } }, "the broker does not let it be traded"],
    ["not allowed", { settings: { allowedSymbols: new Set(["TQQQ", "BTAL"]) } }, "not in ALLOWED_SYMBOLS"],
  ] satisfies [string, Partial<Scene>, string][])("is refused for a leg that is %s", (_cause, change, words) => {
    expect(refusedBy({ ...HEDGE, ...change })).toContain(`UVXY (75.0 %): ${words}.`);
  });

  test("is refused for several small legs together, each of them named", () => {
    const targets = { LEU: "0.79", OKLO: "0.105", UVXY: "0.105" };
    const reason = refusedBy({ ...HEDGE, targets, assets: { OKLO: undefined, UVXY: PARTNERSHIP } });
    expect(reason).toContain("21.0 % of the run");
    expect(reason).toMatch(/OKLO \(10\.5 %\): .*; UVXY \(10\.5 %\): /);
  });

  test("is traded without it where the legs make up just MAX_UNBUYABLE_PERCENT: they are left out and named", () => {
    const targets = { LEU: "0.8", UVXY: "0.2" };
    const plan = planFor({ ...HEDGE, targets, assets: { UVXY: PARTNERSHIP } });
    expect(ordersOf(plan)).toEqual(["sell TQQQ 1200 shares", "buy LEU $79200"]);
    expect(lineOf(plan, "UVXY")).toMatchObject({ action: "none", leftAlone: "not-buyable" });
    expect(lineOf(plan, "UVXY").detail).toContain("ptp_no_exception");
    expect(plan.reachesTarget).toBe(false);
  });

  test("is traded without it with UNBUYABLE_ACTION=exit: its share stays cash and is not spent on others", () => {
    const plan = planFor({ ...HEDGE, assets: { UVXY: PARTNERSHIP }, settings: { unbuyableAction: "exit" } });
    expect(ordersOf(plan)).toEqual(["sell TQQQ 1200 shares", "buy BTAL $24750"]);
    expect(reasonsOf(plan)).toEqual({ UVXY: "not-buyable" });
  });

  test("is measured as a part of the run where one strategy has half of the account", () => {
    const targets = { LEU: "0.35", UVXY: "0.15" };
    expect(refusedBy({ ...HEDGE, targets, assets: { UVXY: PARTNERSHIP } })).toContain("30.0 % of the run");
  });

  test("is not refused once it has begun: the buys are planned without the leg", () => {
    const plan = planFor({ ...HEDGE, phase: "buying", held: {}, cash: "100000", assets: { UVXY: PARTNERSHIP } });
    expect(ordersOf(plan)).toEqual(["buy BTAL $24750"]);
  });

  test("counts a leg that is held to its target as bought, and one that lacks more than the band with its whole weight", () => {
    const targets = { UVXY: "0.75", BTAL: "0.25" };
    const held = (UVXY: string): Scene => ({
      ...HEDGE,
      cash: "1000",
      held: { UVXY, TQQQ: "312.5" },
      targets,
      assets: { UVXY: PARTNERSHIP },
    });
    expect(ordersOf(planFor(held("3712.5")))).toEqual(["sell TQQQ 312.5 shares", "buy BTAL $24811.87"]);
    expect(refusedBy(held("3000"))).toContain("75.0 % of the run");
  });

  test("does not count a passing cause: a doubtful price, a foreign order", () => {
    const prices = { TQQQ: "80", BTAL: "20" };
    expect(refusedBy({ ...HEDGE, prices })).toBeUndefined();
    const working = [{ symbol: "UVXY", side: "buy", own: false, worstCaseCost: decimal("0") }] as const;
    expect(refusedBy({ ...HEDGE, working })).toBeUndefined();
  });

  test("does not count what PROTECTED_SYMBOLS names, and nothing of an exit", () => {
    expect(refusedBy({ ...HEDGE, assets: { UVXY: undefined }, settings: { protectedSymbols: new Set(["UVXY"]) } })).toBeUndefined();
    expect(refusedBy({ ...HEDGE, targets: {}, exit: ["TQQQ"], assets: { TQQQ: { ...TRADABLE, tradable: false } } })).toBeUndefined();
  });

  test("is caught by the proof, should the planner overlook it (R13)", () => {
    const given: Scene = { ...HEDGE, assets: { UVXY: PARTNERSHIP } };
    const careless = planFor({ ...given, settings: { unbuyableAction: "exit" } });
    expect(provePlan(careless, scene(given)).map(({ rule }) => rule)).toEqual(["unbuyable"]);
    const bought = planFor(HEDGE);
    expect(provePlan(bought, scene({ ...given, settings: { unbuyableAction: "exit" } })).map(({ symbol }) => symbol)).toEqual(["UVXY"]);
  });
});

test("what this account may not buy can still be sold, in part and whole (R12)", () => {
  const held: Scene = { ...HEDGE, held: { UVXY: "4800" }, assets: { UVXY: PARTNERSHIP } };
  expect(ordersOf(planFor({ ...held, targets: { UVXY: "0.5", BTAL: "0.5" } }))).toEqual(["sell UVXY 2325 shares", "buy BTAL $49500"]);
  expect(ordersOf(planFor({ ...held, targets: { BTAL: "1" } }))).toEqual(["sell UVXY 4800 shares", "buy BTAL $99000"]);
});

describe("a target whose ticker has changed (R12)", () => {
  const renamed = new Map([["OKLO", "OKLX"]]);
  const given: Scene = {
    cash: "1000",
    held: { OKLX: "400", TQQQ: "200" },
    targets: { OKLO: "0.6", LEU: "0.4" },
    prices: { ...PRICES, OKLX: "50" },
    assets: { OKLO: undefined },
    renamed,
  };

  test("is refused with both tickers in its words, and the position under the new one is not sold", () => {
    expect(refusedBy(given)).toContain("OKLO (60.0 %): the position in OKLX is the same asset: OKLO is traded as OKLX now");
  });

  test("is left out below MAX_UNBUYABLE_PERCENT, and the position stays: neither is on target", () => {
    const plan = planFor({ ...given, targets: { OKLO: "0.2", LEU: "0.8" } });
    expect(ordersOf(plan)).toEqual(["sell TQQQ 200 shares", "buy LEU $16630"]);
    expect(reasonsOf(plan)).toMatchObject({ OKLO: "renamed", OKLX: "renamed" });
    expect(lineOf(plan, "OKLX").detail).toContain("it is the target OKLO, whose ticker has changed to OKLX");
    expect(plan.reachesTarget).toBe(false);
  });

  test("does not keep the new ticker from being traded once the strategy names it", () => {
    const plan = planFor({ ...given, targets: { OKLO: "0.1", OKLX: "0.1", LEU: "0.8" } });
    expect(ordersOf(plan)).toContain("sell OKLX 326.74 shares");
  });

  test("is proven never to be sold", () => {
    const unseen: Scene = { ...given, targets: { LEU: "1" }, renamed: new Map() };
    const input = scene({ ...given, targets: { LEU: "1" } });
    expect(provePlan(planFor(unseen), input)).toMatchObject([{ rule: "symbol", symbol: "OKLX" }]);
  });
});

describe("whole shares at a dear ask (R11)", () => {
  const asking = (ask: string): Scene => ({
    cash: "10000",
    targets: { LEU: "1" },
    prices: {
      LEU: { ...seenAt("200"), minuteBar: { price: decimal("200"), at: NOW }, quote: { bid: decimal("199"), ask: decimal(ask), at: NOW } },
    },
    assets: { LEU: WHOLE_ONLY },
  });

  test("up to 4 % above the checked price are bought, and above it left for now", () => {
    expect(ordersOf(planFor(asking("207")))).toEqual(["buy LEU 48 shares"]);
    const dear = planFor(asking("209"));
    expect(ordersOf(dear)).toEqual([]);
    expect(lineOf(dear, "LEU")).toMatchObject({ leftAlone: "price-doubt" });
    expect(lineOf(dear, "LEU").detail).toContain("the ask is $209.00, more than 4 % above the checked price of $200.00");
  });

  test("are proven", () => {
    expect(provePlan(planFor(asking("207")), scene(asking("209")))).toMatchObject([{ rule: "price", symbol: "LEU" }]);
  });

  test("while the market is closed no quote counts", () => {
    expect(ordersOf(planFor({ ...scene(asking("209")), marketClosed: true }))).toEqual(["buy LEU 48 shares"]);
  });
});

describe("what is held outside ALLOWED_SYMBOLS (R9)", () => {
  const given: Scene = {
    cash: "1000",
    held: { AAPL: "330", LEU: "80", OKLO: "340" },
    targets: { LEU: "0.5", OKLO: "0.5" },
    prices: { ...PRICES, AAPL: "200" },
    settings: { allowedSymbols: new Set(["LEU", "OKLO"]) },
  };

  test("is left out of the base like a protected position: the allowed legs are evened out, and reach the target", () => {
    const plan = planFor(given);
    expect(plan.base).toEqual(decimal("33660"));
    expect(ordersOf(plan)).toEqual(["sell OKLO 3.4 shares", "buy LEU $830"]);
    expect(reasonsOf(plan)).toMatchObject({ AAPL: "protected" });
    expect(lineOf(plan, "AAPL").detail).toContain("ALLOWED_SYMBOLS");
    expect(plan.reachesTarget).toBe(true);
  });

  test("needs no price, and a short position in it still refuses the plan", () => {
    const held = { ...given.held, AAPL: { quantity: "330", marketValue: "66000" } };
    expect(ordersOf(planFor({ ...given, held, prices: PRICES }))).toHaveLength(2);
    expect(refusedBy({ ...given, held: { ...given.held, AAPL: "-1" } })).toMatch(/^short-position/);
  });
});
