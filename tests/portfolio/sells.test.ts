import { describe, expect, test } from "@jest/globals";
import { decimal, toText } from "../../src/domain/decimal.ts";
import { makePlan } from "../../src/portfolio/plan.ts";
import { NO_OBSERVATIONS } from "../../src/portfolio/price.ts";
import { lineOf, ordersOf, planFor, reasonsOf, scene, TRADABLE, WHOLE_ONLY, type Scene } from "./given.ts";

const PRICES = { SMR: "40", LEU: "200" };

describe("a full exit (R11)", () => {
  test("uses the exact quantity of the position: the recorded 7.2273576 shares, not 7.227358", () => {
    const plan = planFor({ cash: "0", held: { SMR: "7.2273576" }, targets: { LEU: "1" }, prices: PRICES });
    expect(plan.sells).toMatchObject([{ symbol: "SMR", fullExit: true, quantity: decimal("7.2273576") }]);
  });

  test("is not held up by the drift band or the minimum, and tries to close dust", () => {
    const plan = planFor({ cash: "10000", held: { SMR: "0.002" }, targets: { LEU: "1" }, prices: PRICES });
    expect(ordersOf(plan)).toContain("sell SMR 0.002 shares");
  });

  test("of 10.5 shares of a symbol that only trades whole sells 10, and the rest is dust that counts as on target", () => {
    const plan = planFor({ cash: "0", held: { SMR: "10.5" }, targets: { LEU: "1" }, prices: PRICES, assets: { SMR: WHOLE_ONLY } });
    expect(ordersOf(plan)).toEqual(["sell SMR 10 shares", "buy LEU $395.8"]);
    expect(plan.sells).toMatchObject([{ fullExit: true, estimatedValue: decimal("400") }]);
    expect(lineOf(plan, "SMR")).toMatchObject({
      action: "sell",
      leftAlone: "dust-cannot-close",
      detail: "no target, held $420.00: sell 10 shares (about $400.00); the rest is left alone, too small for the broker to close",
    });
  });

  test("of less than one share of such a symbol sends no order, and is on target", () => {
    const plan = planFor({ cash: "1000", held: { SMR: "0.5" }, targets: { LEU: "0.5" }, prices: PRICES, assets: { SMR: WHOLE_ONLY } });
    expect(ordersOf(plan)).toEqual(["buy LEU $504.9"]);
    expect(reasonsOf(plan)).toEqual({ SMR: "dust-cannot-close" });
    expect(plan.reachesTarget).toBe(true);
  });

  test("by a SELL run needs no price for the whole shares either", () => {
    const held = { SMR: { quantity: "10.5", marketValue: "420" } };
    const plan = planFor({ cash: "0", held, exit: ["SMR"], prices: { SMR: NO_OBSERVATIONS }, assets: { SMR: WHOLE_ONLY } });
    expect(plan.sells).toMatchObject([{ symbol: "SMR", quantity: decimal("10"), estimatedValue: decimal("400") }]);
  });

  test("of an active symbol that is not tradable is tried: the broker may let it be closed", () => {
    const assets = { SMR: { ...TRADABLE, tradable: false } };
    const plan = planFor({ cash: "0", held: { SMR: "100" }, targets: { LEU: "1" }, prices: PRICES, assets });
    expect(ordersOf(plan)).toEqual(["sell SMR 100 shares", "buy LEU $3960"]);
  });

  test("of an inactive symbol is not tried, and what is not tradable is never sold in part", () => {
    const inactive = { SMR: { ...TRADABLE, active: false } };
    expect(reasonsOf(planFor({ cash: "0", held: { SMR: "100" }, targets: { LEU: "1" }, prices: PRICES, assets: inactive }))).toMatchObject({
      SMR: "inactive",
    });
    const frozen = { SMR: { ...TRADABLE, tradable: false } };
    const plan = planFor({ cash: "0", held: { SMR: "100" }, targets: { SMR: "0.5", LEU: "0.5" }, prices: PRICES, assets: frozen });
    expect(ordersOf(plan)).toEqual([]);
    expect(reasonsOf(plan)).toMatchObject({ SMR: "not-tradable" });
  });
});

describe("a full exit of a position that the broker does not let go completely (R11)", () => {
  const exitOf = (available: string, change: Partial<Scene> = {}): ReturnType<typeof planFor> =>
    planFor({ cash: "0", held: { SMR: { quantity: "10.5", available } }, targets: { LEU: "1" }, prices: PRICES, ...change });

  test("sells what is available, and names the rest", () => {
    const plan = exitOf("9.25");
    expect(plan.sells).toMatchObject([{ symbol: "SMR", quantity: decimal("9.25"), estimatedValue: decimal("370"), fullExit: false }]);
    expect(lineOf(plan, "SMR")).toMatchObject({
      leftAlone: "not-available",
      detail:
        "no target, held $420.00: sell 9.25 shares (about $370.00); the rest is left alone, the broker does not let these shares be sold now",
    });
    expect(plan.reachesTarget).toBe(false);
  });

  test("sells whole shares where only those are traded", () => {
    const plan = exitOf("9.9", { assets: { SMR: WHOLE_ONLY } });
    expect(ordersOf(plan)).toContain("sell SMR 9 shares");
    expect(reasonsOf(plan)).toMatchObject({ SMR: "not-available" });
    expect(reasonsOf(exitOf("10.1", { assets: { SMR: WHOLE_ONLY } }))).toMatchObject({ SMR: "dust-cannot-close" });
  });

  test("takes a difference of less than a millionth of a share for rounding", () => {
    const plan = exitOf("10.499999001");
    expect(plan.sells).toMatchObject([{ symbol: "SMR", quantity: decimal("10.499999001"), fullExit: true }]);
    expect(reasonsOf(plan)).toMatchObject({ SMR: "dust-cannot-close" });
    expect(plan.reachesTarget).toBe(true);
    expect(reasonsOf(exitOf("10.499999"))).toMatchObject({ SMR: "not-available" });
  });

  test.each<[string, string, Partial<Scene>, string]>([
    ["nothing is available", "0", {}, "not-available"],
    ["what is available is worth less than an order", "0.1", {}, "not-available"],
    ["the symbol is not tradable", "9", { assets: { SMR: { ...TRADABLE, tradable: false } } }, "not-available"],
    ["its price is in doubt", "9", { exit: ["SMR"], targets: {}, prices: { ...PRICES, SMR: NO_OBSERVATIONS } }, "price-doubt"],
  ])("sells nothing where %s", (_name, available, change, reason) => {
    const plan = exitOf(available, change);
    expect(plan.sells).toEqual([]);
    expect(reasonsOf(plan)).toMatchObject({ SMR: reason });
  });
});

describe("a partial sell (R11)", () => {
  test("is truncated to nine decimals and stops at the target", () => {
    const plan = planFor({ cash: "0", held: { SMR: "100" }, targets: { SMR: "0.333" }, prices: { SMR: "41.57" } });
    expect(ordersOf(plan)).toEqual(["sell SMR 67.033 shares"]);
    const thirds = planFor({ cash: "1", held: { SMR: "100" }, targets: { SMR: "0.5" }, prices: { SMR: "37" } });
    expect(ordersOf(thirds)).toEqual(["sell SMR 50.486621621 shares"]);
  });

  test("is whole shares when the symbol does not trade in fractions", () => {
    const plan = planFor({
      cash: "0",
      held: { SMR: "100" },
      targets: { SMR: "0.333" },
      prices: { SMR: "41.57" },
      assets: { SMR: WHOLE_ONLY },
    });
    expect(ordersOf(plan)).toEqual(["sell SMR 67 shares"]);
  });

  test("of less than one whole share is a remainder that counts as on target", () => {
    const plan = planFor({
      cash: "0",
      held: { LEU: "2", SMR: "1" },
      targets: { LEU: "0.6" },
      prices: PRICES,
      assets: { LEU: WHOLE_ONLY, SMR: WHOLE_ONLY },
    });
    expect(lineOf(plan, "LEU")).toMatchObject({ action: "none", leftAlone: "whole-share-remainder" });
    expect(plan.reachesTarget).toBe(true);
  });

  test("never exceeds what is available", () => {
    const plan = planFor({ cash: "0", held: { SMR: { quantity: "100", available: "20" } }, targets: { SMR: "0.5" }, prices: PRICES });
    expect(ordersOf(plan)).toEqual(["sell SMR 20 shares"]);
    expect(reasonsOf(plan)).toEqual({ SMR: "not-available" });
    expect(plan.reachesTarget).toBe(false);
  });
});

describe("a partial sell of what is not all available", () => {
  test("is not worth an order when less than the minimum is", () => {
    const plan = planFor({ cash: "0", held: { SMR: { quantity: "100", available: "0.1" } }, targets: { SMR: "0.5" }, prices: PRICES });
    expect(plan.sells).toEqual([]);
    expect(reasonsOf(plan)).toEqual({ SMR: "not-available" });
  });

  test("may leave as much as the band allows, and is on target", () => {
    const plan = planFor({ cash: "0", held: { SMR: { quantity: "100", available: "49.6" } }, targets: { SMR: "0.5" }, prices: PRICES });
    expect(ordersOf(plan)).toEqual(["sell SMR 49.6 shares"]);
    expect(plan.reachesTarget).toBe(true);
  });
});

describe("sells when buys lack cash (R12)", () => {
  const held = { AAA: "51", BBB: "35.5", CCC: "13.5" };
  const prices = { AAA: "100", BBB: "100", CCC: "100", DDD: "100" };
  const settings = { cashReserve: decimal("0") };

  test("are released from inside the band, largest first, and no more than needed", () => {
    const targets = { AAA: "0.502", BBB: "0.3485", CCC: "0.1345", DDD: "0.0075" };
    expect(ordersOf(planFor({ cash: "0", held, targets, prices, settings }))).toEqual(["sell AAA 0.8 shares", "buy DDD $75"]);
  });

  test("are released largest first, not as their symbols are ordered", () => {
    const targets = { AAA: "0.5095", BBB: "0.3545", CCC: "0.126", DDD: "0.0075" };
    expect(ordersOf(planFor({ cash: "0", held, targets, prices, settings }))).toEqual(["sell CCC 0.9 shares", "buy DDD $75"]);
  });

  test("go on to the next largest until the cash is there", () => {
    const targets = { AAA: "0.502", BBB: "0.3485", CCC: "0.1345", DDD: "0.0145" };
    expect(ordersOf(planFor({ cash: "0", held, targets, prices, settings }))).toEqual([
      "sell AAA 0.8 shares",
      "sell BBB 0.65 shares",
      "buy DDD $145",
    ]);
  });

  test("are not made when the cash is there", () => {
    const targets = { AAA: "0.495", BBB: "0.345", CCC: "0.13", DDD: "0.0145" };
    expect(ordersOf(planFor({ cash: "200", held, targets, prices, settings }))).toEqual(["buy DDD $147.9"]);
  });

  test("spare what may not be traded at all", () => {
    const targets = { AAA: "0.502", BBB: "0.3485", CCC: "0.1345", DDD: "0.0145" };
    const assets = { AAA: { ...WHOLE_ONLY, tradable: false } };
    const plan = planFor({ cash: "0", held, targets, prices, assets, settings });
    expect(ordersOf(plan)).toEqual(["sell BBB 0.65 shares", "sell CCC 0.05 shares", "buy DDD $70"]);
  });
});

describe("MAX_ORDER_VALUE (R28)", () => {
  const given: Scene = { cash: "0", held: { SMR: "100" }, targets: { LEU: "1" }, prices: PRICES };

  test("refuses the whole plan for a sell above it, naming symbol and amount", () => {
    expect(makePlan(scene({ ...given, settings: { maxOrderValue: decimal("3999.99") } }))).toMatchObject({
      kind: "refused",
      refusal: "order-limit",
      reason: "The plan would sell $4,000.00 of SMR, above MAX_ORDER_VALUE ($3,999.99).",
    });
    expect(makePlan(scene({ ...given, settings: { maxOrderValue: decimal("4000") } })).kind).toBe("plan");
  });

  test("names the largest of several, on either side", () => {
    const several: Scene = {
      cash: "5000",
      held: { AAA: "10", BBB: "50" },
      targets: { CCC: "1" },
      prices: { AAA: "40", BBB: "40", CCC: "10" },
    };
    const refused = (limit: string): unknown => makePlan(scene({ ...several, settings: { maxOrderValue: decimal(limit) } }));
    expect(refused("300")).toMatchObject({ reason: expect.stringContaining("buy $7,326.00 of CCC") as unknown });
    const sold: Scene = { ...several, targets: {}, exit: ["AAA", "BBB"] };
    expect(makePlan(scene({ ...sold, settings: { maxOrderValue: decimal("300") } }))).toMatchObject({
      reason: expect.stringContaining("sell $2,000.00 of BBB") as unknown,
    });
  });

  test("refuses the whole plan for a buy that only waits for the sells of an account that owes money", () => {
    const owing: Scene = { ...given, cash: "-40", held: { SMR: "50", OKLO: "30" }, prices: { ...PRICES, OKLO: "50" } };
    expect(makePlan(scene({ ...owing, settings: { maxOrderValue: decimal("3000") } }))).toMatchObject({
      refusal: "order-limit",
      reason: "The plan would buy $3,425.40 of LEU, above MAX_ORDER_VALUE ($3,000.00).",
    });
    expect(makePlan({ ...scene({ ...owing, settings: { maxOrderValue: decimal("3000") } }), begun: true }).kind).toBe("plan");
  });

  test("not for what is within the drift band, and would not be traded without its open order either", () => {
    const near: Scene = { cash: "10160", held: { SMR: "246" }, targets: { SMR: "0.5" }, prices: PRICES };
    const theirs = { symbol: "SMR", side: "buy", own: false, worstCaseCost: decimal("0") } as const;
    const plan = (driftBand: string): unknown =>
      makePlan(scene({ ...near, working: [theirs], settings: { maxOrderValue: decimal("40"), driftBand: decimal(driftBand) } }));
    expect(plan("0.01")).toMatchObject({ kind: "plan", plan: { buys: [], lines: [{ symbol: "SMR", leftAlone: "foreign-order" }] } });
    expect(plan("0.001")).toMatchObject({ kind: "refused", refusal: "order-limit" });
  });

  test("does not strand a begun execution: its buys are cut to the limit", () => {
    const plan = planFor({
      phase: "buying",
      cash: "4000",
      targets: { LEU: "1" },
      prices: PRICES,
      settings: { maxOrderValue: decimal("1500") },
    });
    expect(ordersOf(plan)).toEqual(["buy LEU $1500"]);
    expect(reasonsOf(plan)).toEqual({ LEU: "order-limit" });
  });

  test("nor one that sells again: a sell above the limit is left out, and the others are made", () => {
    const again = scene({ ...given, held: { SMR: "100", OKLO: "10" }, cash: "2000", prices: { ...PRICES, OKLO: "50" } });
    const result = makePlan({ ...again, begun: true, settings: { ...again.settings, maxOrderValue: decimal("1500") } });
    const plan = result.kind === "plan" ? result.plan : undefined;
    expect(plan && ordersOf(plan)).toEqual(["sell OKLO 10 shares", "buy LEU $1500"]);
    expect(plan && reasonsOf(plan)).toEqual({ LEU: "order-limit", SMR: "order-limit" });
  });
});

test("in phase buying nothing is sold any more, and what is still too much is said to be so", () => {
  const plan = planFor({ phase: "buying", cash: "2000", held: { SMR: "50" }, targets: { LEU: "0.9", SMR: "0.1" }, prices: PRICES });
  expect(ordersOf(plan)).toEqual(["buy LEU $1960"]);
  expect(reasonsOf(plan)).toEqual({ LEU: "insufficient-cash", SMR: "sells-over" });
  expect(plan.reachesTarget).toBe(false);
  expect(toText(plan.spendable)).toBe("2000");
});
