import { describe, expect, test } from "@jest/globals";
import { decimal, toText } from "../../src/domain/decimal.ts";
import { makePlan } from "../../src/portfolio/plan.ts";
import { NO_OBSERVATIONS, type PriceObservations } from "../../src/portfolio/price.ts";
import { lineOf, MINUTE, NOW, ordersOf, planFor, reasonsOf, scene, seenAt, WHOLE_ONLY, type Scene } from "./given.ts";

const DAY_MS = 86_400_000;
const at = (price: string, minutesAgo = 0): { price: ReturnType<typeof decimal>; at: number } => ({
  price: decimal(price),
  at: NOW - minutesAgo * MINUTE,
});

/** What the free feed shows of BTAL: its last print 20 minutes ago, and a quote without an ask. */
const QUIET: PriceObservations = {
  ...NO_OBSERVATIONS,
  trade: at("17.50", 20),
  quote: { bid: decimal("17.49"), ask: decimal("0"), at: NOW },
};
/** Nothing but yesterday's close. */
const closedAt = (price: string): PriceObservations => ({
  ...NO_OBSERVATIONS,
  previousClose: { price: decimal(price), at: NOW - DAY_MS },
});

function refusal(given: Scene): string {
  const result = makePlan(scene(given));
  return result.kind === "refused" ? `${result.refusal}: ${result.reason}` : "plan";
}

describe("BTAL on the free feed (trial 6)", () => {
  test.each([
    ["20 minutes ago", QUIET],
    ["two hours ago", { ...QUIET, trade: at("17.50", 120) }],
    ["never", NO_OBSERVATIONS],
  ])("is bought in dollars though it last printed %s: going over to the hedge leaves no naked UVXY", (_, btal) => {
    const plan = planFor({
      cash: "1000",
      held: { TQQQ: "1164.705" },
      targets: { UVXY: "0.75", BTAL: "0.25" },
      prices: { TQQQ: "85", UVXY: "20", BTAL: btal },
    });
    expect(ordersOf(plan)).toEqual(["sell TQQQ 1164.705 shares", "buy BTAL $24749.98", "buy UVXY $74249.94"]);
    expect(plan.reachesTarget).toBe(true);
    expect(lineOf(plan, "BTAL").checkedPrice).toBeUndefined();
  });

  test("is sold whole: two full exits and one buy in dollars are not refused for a quiet holding (6c)", () => {
    const plan = planFor({
      cash: "1000",
      held: { UVXY: "3712.5", BTAL: { quantity: "1414.285714286", marketValue: "24750" } },
      targets: { TQQQ: "1" },
      prices: { UVXY: "20", BTAL: QUIET, TQQQ: "85" },
    });
    expect(ordersOf(plan)).toEqual(["sell BTAL 1414.285714286 shares", "sell UVXY 3712.5 shares", "buy TQQQ $99000"]);
    expect(toText(plan.sells[0]!.estimatedValue)).toBe("24750");
  });

  test("is traded at the middle of a quote 0.2 % wide that a print of two hours ago confirms (6b)", () => {
    const live = { ...QUIET, trade: at("17.50", 120), quote: { bid: decimal("17.4825"), ask: decimal("17.5175"), at: NOW } };
    const plan = planFor({
      cash: "0",
      held: { BTAL: { quantity: "4000", marketValue: "70000" } },
      targets: { BTAL: "0.5" },
      prices: { BTAL: live },
    });
    expect(ordersOf(plan)).toEqual(["sell BTAL 2020 shares"]);
  });

  test("is left alone where its price decides how many whole shares are bought", () => {
    const plan = planFor({
      cash: "1000",
      targets: { UVXY: "0.75", BTAL: "0.25" },
      prices: { UVXY: "20", BTAL: QUIET },
      assets: { BTAL: WHOLE_ONLY },
    });
    expect(ordersOf(plan)).toEqual(["buy UVXY $742.5"]);
    expect(reasonsOf(plan)).toEqual({ BTAL: "price-doubt" });
    expect(plan.reachesTarget).toBe(false);
  });

  test("that is kept within the drift band keeps nobody from buying the rest (4b)", () => {
    const plan = planFor({
      phase: "buying",
      cash: "50000",
      held: { BTAL: { quantity: "2850", marketValue: "49875" } },
      targets: { BTAL: "0.5", UVXY: "0.5" },
      prices: { UVXY: "20", BTAL: QUIET },
    });
    expect(ordersOf(plan)).toEqual(["buy UVXY $49001.25"]);
    expect(reasonsOf(plan)).toEqual({ UVXY: "within-drift", BTAL: "within-drift" });
  });
});

test("spin-off shares without data, 0.5 % of the account, are sold and keep nothing from being traded (trial 6e)", () => {
  const plan = planFor({
    cash: "500",
    held: { TQQQ: "1164.705", SPIN: { quantity: "10", marketValue: "500" } },
    targets: { UVXY: "1" },
    prices: { TQQQ: "85", UVXY: "20" },
  });
  expect(ordersOf(plan)).toEqual(["sell SPIN 10 shares", "sell TQQQ 1164.705 shares", "buy UVXY $98999.92"]);
});

test("a symbol that has doubled on the day of its signal is bought like any other (trial 9)", () => {
  const doubled = { ...seenAt("39.6"), previousClose: { price: decimal("20"), at: NOW - DAY_MS } };
  const plan = planFor({ cash: "1000", held: { TQQQ: "100" }, targets: { UVXY: "1" }, prices: { TQQQ: "85", UVXY: doubled } });
  expect(ordersOf(plan)).toEqual(["sell TQQQ 100 shares", "buy UVXY $9405"]);
});

describe("a holding without a checked price (R9)", () => {
  /** A fifth of $10,000 in SMR at the broker's 40, wanted or not; 30 % of LEU is far from every target. */
  const small: Scene = {
    cash: "8000",
    held: { SMR: { quantity: "50", marketValue: "2000" } },
    targets: { SMR: "0.1", LEU: "0.5" },
    prices: { LEU: "200", SMR: closedAt("40") },
  };

  test("of a fifth of the equity, near its last close, counts at the broker's price and is not sold in part", () => {
    const plan = planFor(small);
    expect(toText(plan.base)).toBe("9900");
    expect(ordersOf(plan)).toEqual(["buy LEU $4950"]);
    expect(reasonsOf(plan)).toEqual({ SMR: "price-doubt" });
    expect(plan.reachesTarget).toBe(false);
  });

  test("is bought more of in dollars", () => {
    expect(ordersOf(planFor({ ...small, targets: { SMR: "0.5" } }))).toEqual(["buy SMR $2950"]);
  });

  test("is not released from inside the band either, when buys lack cash", () => {
    const plan = planFor({
      cash: "0",
      held: { SMR: { quantity: "50", marketValue: "2000" }, LEU: "40" },
      targets: { SMR: "0.195", LEU: "0.795", OKLO: "0.0095" },
      prices: { LEU: "200", SMR: closedAt("40"), OKLO: "60" },
    });
    expect(ordersOf(plan).filter((order) => order.includes("SMR"))).toEqual([]);
  });

  test.each<[string, Scene]>([
    ["is more than a fifth", { ...small, cash: "7999" }],
    ["is more than 20 % above its last close", { ...small, prices: { ...small.prices, SMR: closedAt("33.33") } }],
    ["is more than 20 % below its last close", { ...small, prices: { ...small.prices, SMR: closedAt("48.01") } }],
    ["has no last close", { ...small, prices: { LEU: "200" } }],
    [
      "is split",
      {
        ...small,
        splits: new Map([["SMR", { kind: "split-unbooked", ratio: decimal("5"), session: "2025-07-14", quantity: decimal("50") }]]),
      },
    ],
  ])("that %s puts the whole plan in doubt", (_, given) => {
    expect(refusal(given)).toMatch(/^price-doubt: The value of SMR is in doubt/);
  });

  test.each<[string, Scene]>([
    ["at the edge of 20 % above", { ...small, prices: { ...small.prices, SMR: closedAt("33.34") } }],
    ["at the edge of 20 % below", { ...small, prices: { ...small.prices, SMR: closedAt("48") } }],
  ])("counts %s its last close", (_, given) => {
    expect(refusal(given)).toBe("plan");
  });

  describe("that is large", () => {
    const large: Scene = {
      cash: "1000",
      held: { SMR: { quantity: "100", marketValue: "4000" } },
      targets: { LEU: "1" },
      prices: { LEU: "200", SMR: closedAt("40") },
    };

    test("counts where all of it is sold", () => {
      expect(ordersOf(planFor(large))).toEqual(["sell SMR 100 shares", "buy LEU $4950"]);
    });

    test("counts within the drift band, to its edge", () => {
      const within = (weight: string): string => refusal({ ...large, targets: { SMR: weight }, settings: { cashReserve: decimal("0") } });
      expect(within("0.79")).toBe("plan");
      expect(within("0.81")).toBe("plan");
      expect(within("0.7899")).toMatch(/^price-doubt/);
      expect(within("0.8101")).toMatch(/^price-doubt/);
    });

    test.each<[string, Partial<Scene>]>([
      ["orders hold some of it", { held: { SMR: { quantity: "100", available: "99", marketValue: "4000" } } }],
      ["an order is open for it", { working: [{ symbol: "SMR", side: "sell", own: false, worstCaseCost: decimal("0") }] }],
      ["it may no longer be touched", { excluded: new Map([["SMR", "order-refused"]]) }],
      ["it cannot be traded", { assets: { SMR: { active: true, tradable: false, fractionable: true } } }],
      ["it is inactive", { assets: { SMR: { active: false, tradable: true, fractionable: true } } }],
      ["the sells are over", { phase: "buying" }],
    ])("does not count where %s", (_, change) => {
      expect(refusal({ ...large, ...change })).toMatch(/^price-doubt: The value of SMR is in doubt/);
    });

    test("does not count where no known strategy names it, and so nothing sells it", () => {
      const input = scene(large);
      const wanted = { kind: "rebalance" as const, targets: new Map([["LEU", decimal("1")]]) };
      expect(makePlan({ ...input, wanted: { ...wanted, known: new Set<string>(["SMR"]) } }).kind).toBe("plan");
      expect(makePlan({ ...input, wanted: { ...wanted, known: new Set<string>() } })).toMatchObject({ refusal: "price-doubt" });
    });
  });
});
