import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { isOnTargetReason, mayPass, SKIP_REASONS, type SkipReason } from "../../src/portfolio/skip-reason.ts";
import { NO_OBSERVATIONS } from "../../src/portfolio/price.ts";
import { lineOf, ordersOf, planFor, reasonsOf, TRADABLE, WHOLE_ONLY, type Scene } from "./given.ts";

const PRICES = { SMR: "40", LEU: "200", OKLO: "60" };

describe("small differences (R12)", () => {
  test("inside the drift band are left alone, and running again on target does nothing", () => {
    const plan = planFor({
      cash: "1000",
      held: { SMR: "780", LEU: "197.5", OKLO: "480" },
      targets: { SMR: "0.312", LEU: "0.395", OKLO: "0.293" },
      prices: PRICES,
    });
    expect(reasonsOf(plan)).toEqual({ SMR: "within-drift", LEU: "within-drift", OKLO: "within-drift" });
    expect(plan.reachesTarget).toBe(true);
  });

  test("make no micro-trades like the recorded $2.51 of OKLO and $4.06 of SMR", () => {
    const settings = { driftBand: decimal("0"), cashReserve: decimal("0") };
    const plan = planFor({
      cash: "6.57",
      held: { SMR: "10", OKLO: "10" },
      targets: { SMR: "0.4012", OKLO: "0.5988" },
      prices: { SMR: "40", OKLO: "60" },
      settings,
    });
    expect(ordersOf(plan)).toEqual([]);
    expect(reasonsOf(plan)).toEqual({ SMR: "below-minimum", OKLO: "below-minimum" });
  });

  test("do not keep out a new position inside the band, if it is above the minimum", () => {
    const plan = planFor({ cash: "1000", targets: { SMR: "0.005", LEU: "0.6", OKLO: "0.006" }, prices: PRICES });
    expect(ordersOf(plan)).toEqual(["buy LEU $594", "buy OKLO $5.94"]);
    expect(reasonsOf(plan)).toEqual({ SMR: "below-minimum" });
  });

  test("of a $10 account are no orders at all, like the recorded buy of 0.017758 SMR at a bogus price", () => {
    const plan = planFor({ cash: "10", targets: { SMR: "0.312", LEU: "0.395", OKLO: "0.293" }, prices: PRICES });
    expect(ordersOf(plan)).toEqual([]);
  });

  test("below Alpaca's dollar are left alone whatever the settings say", () => {
    const settings = { minTradeValue: decimal("0"), driftBand: decimal("0") };
    const plan = planFor({ cash: "100", targets: { SMR: "0.01", LEU: "0.5" }, prices: PRICES, settings });
    expect(ordersOf(plan)).toEqual(["buy LEU $49.5"]);
    expect(reasonsOf(plan)).toEqual({ SMR: "below-minimum" });
  });

  test("that whole shares can only meet with less than the minimum are left alone", () => {
    const settings = { driftBand: decimal("0"), cashReserve: decimal("0") };
    const assets = { SMR: WHOLE_ONLY };
    const plan = planFor({ cash: "0", held: { SMR: "33.5" }, targets: { SMR: "0.945" }, prices: { SMR: "3" }, assets, settings });
    expect(reasonsOf(plan)).toEqual({ SMR: "below-minimum" });
  });

  test("that a lack of cash leaves below the minimum count as on target", () => {
    const settings = { driftBand: decimal("0"), cashReserve: decimal("0") };
    const plan = planFor({ cash: "100", buyingPower: "96", targets: { SMR: "1" }, prices: PRICES, settings });
    expect(ordersOf(plan)).toEqual(["buy SMR $96"]);
    expect(reasonsOf(plan)).toEqual({ SMR: "below-minimum" });
  });

  test("at the edge of the band are inside it, and a little more is traded", () => {
    const settings = { cashReserve: decimal("0") };
    expect(ordersOf(planFor({ cash: "5900", held: { SMR: "102.5" }, targets: { SMR: "0.4" }, prices: PRICES, settings }))).toEqual([]);
    expect(ordersOf(planFor({ cash: "5899", held: { SMR: "102.525" }, targets: { SMR: "0.4" }, prices: PRICES, settings }))).toEqual([
      "sell SMR 2.525 shares",
    ]);
  });
});

describe("what cannot be traded (R12)", () => {
  const targets = { SMR: "0.5", LEU: "0.5" };

  test.each([
    ["not-tradable", { assets: { SMR: { ...TRADABLE, tradable: false } } }],
    ["inactive", { assets: { SMR: { ...TRADABLE, active: false, tradable: false } } }],
    ["unknown-symbol", { assets: { SMR: undefined } }],
    ["not-allowed", { settings: { allowedSymbols: new Set(["LEU"]) } }],
    ["not-buyable", { assets: { SMR: { ...TRADABLE, purchaseBlock: "a partnership" } } }],
    ["foreign-order", { working: [{ symbol: "SMR", side: "sell", own: false, worstCaseCost: decimal("0") }] }],
    ["own-order-working", { working: [{ symbol: "SMR", side: "sell", own: true, worstCaseCost: decimal("0") }] }],
    ["price-doubt", { prices: { LEU: "200", SMR: NO_OBSERVATIONS }, assets: { SMR: WHOLE_ONLY } }],
    ["order-timed-out", { excluded: new Map([["SMR", "order-timed-out"]]) }],
    ["protected", { held: { SMR: "10" }, settings: { protectedSymbols: new Set(["SMR"]) } }],
    ["protected-not-held", { settings: { protectedSymbols: new Set(["SMR"]) } }],
  ] satisfies [string, Partial<Scene>][])("is left alone as %s, and its share is not spent on others", (reason, change) => {
    const given: Scene = { cash: "1000", targets, prices: PRICES, ...change };
    const plan = planFor({ ...given, settings: { ...given.settings, unbuyableAction: "exit" } });
    expect(ordersOf(plan)).toEqual(["buy LEU $495"]);
    expect(lineOf(plan, "SMR")).toMatchObject({ action: "none", leftAlone: reason });
    expect(plan.reachesTarget).toBe(isOnTargetReason(lineOf(plan, "SMR").leftAlone!));
  });

  test("is not sold either", () => {
    const assets = { SMR: { ...TRADABLE, active: false } };
    const plan = planFor({ cash: "0", held: { SMR: "10" }, targets: { LEU: "1" }, prices: PRICES, assets });
    expect(ordersOf(plan)).toEqual([]);
    expect(reasonsOf(plan)).toEqual({ SMR: "inactive", LEU: "insufficient-cash" });
  });

  test("but is on target already counts as on target", () => {
    const assets = { SMR: { ...TRADABLE, tradable: false } };
    const plan = planFor({ cash: "10", held: { SMR: "24.75" }, targets: { SMR: "1" }, prices: PRICES, assets });
    expect(reasonsOf(plan)).toEqual({ SMR: "within-drift" });
  });

  test("is dust once the broker refused to close it, and then on target", () => {
    const excluded = new Map([["SMR", "dust-cannot-close"]] as const);
    const plan = planFor({ cash: "0", held: { SMR: "0.002", LEU: "5" }, targets: { LEU: "1" }, prices: PRICES, excluded });
    expect(plan.reachesTarget).toBe(true);
  });
});

/** R12 and R33: reason → on target, or off target for a cause that passes or lasts. */
const EXPECTED = `
  within-drift           on-target
  below-minimum          on-target
  whole-share-remainder  on-target
  protected              on-target
  protected-not-held     lasts
  dust-cannot-close      on-target
  not-tradable           lasts
  not-buyable            lasts
  renamed                lasts
  inactive               lasts
  unknown-symbol         lasts
  not-allowed            lasts
  foreign-order          passes
  own-order-working      passes
  price-doubt            passes
  quote-doubt            passes
  split-unbooked         lasts
  split-suspected        passes
  no-market-data         lasts
  fractions-unknown      passes
  insufficient-cash      lasts
  not-available          passes
  held-by-orders         passes
  sells-over             passes
  order-limit            lasts
  order-refused          lasts
  order-unknown          passes
  order-timed-out        passes
  order-cancelled        lasts
  target-reached         on-target
  signal-bound           lasts
  unattributed           lasts
  unreadable-position    passes
`;

test("every reason leaves the account on target, or off it for a cause that passes or lasts (R12, R33)", () => {
  const leaves = (reason: SkipReason): string => (isOnTargetReason(reason) ? "on-target" : mayPass(reason) ? "passes" : "lasts");
  const rows = (Object.keys(SKIP_REASONS) as SkipReason[]).map((reason) => `  ${reason.padEnd(22)} ${leaves(reason)}\n`);
  expect(`\n${rows.join("")}`).toBe(EXPECTED);
});

test("every line says in a sentence what is wanted, what is held and why nothing is done", () => {
  const excluded = new Map([["XYZ", "order-refused"]] as const);
  const plan = planFor({
    cash: "1000",
    held: { SMR: "780", XYZ: "3" },
    targets: { SMR: "0.97" },
    prices: { ...PRICES, XYZ: "2" },
    excluded,
  });
  expect(plan.lines.map((line) => line.detail)).toEqual([
    "target 97.0 % of $31,883.94 = $30,927.42, held $31,200.00: left alone, within the drift band of 1.0 % ($318.84)",
    "no target, held $6.00: left alone, its order was refused",
  ]);
});
