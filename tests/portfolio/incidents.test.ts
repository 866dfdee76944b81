import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { makePlan } from "../../src/portfolio/plan.ts";
import type { PriceObservations } from "../../src/portfolio/price.ts";
import { NOW, ordersOf, planFor, reasonsOf, scene, seenAt, type Scene } from "./given.ts";

/** The recorded account of 2025-07-14, shortly before a quote in the middle of nowhere sold half of it. */
const EVENING: Scene = {
  cash: "1043.30",
  held: { SMR: "779", LEU: "193", OKLO: "499" },
  targets: { SMR: "0.312", LEU: "0.396", OKLO: "0.292" },
  prices: { SMR: "41.5", LEU: "213.39", OKLO: "60.83" },
};

function withSmr(seen: PriceObservations): Scene {
  return { ...EVENING, prices: { ...EVENING.prices, SMR: seen }, equity: "104910.84" };
}

const badQuote = { bid: decimal("110.73"), ask: decimal("110.75"), at: NOW };
const position = { price: decimal("41.47"), at: NOW };

describe("recorded incidents of sizing", () => {
  test("a quote of 110.74 for SMR at 41.50 sells nothing: trade and position agree", () => {
    expect(ordersOf(planFor(withSmr({ ...seenAt("41.5"), quote: badQuote, position })))).toEqual([]);
  });

  test("the same quote with the trade alone sells nothing either: what is in doubt is within the drift band at the broker's price", () => {
    const plan = planFor(withSmr({ ...seenAt("41.5"), quote: badQuote }));
    expect([ordersOf(plan), reasonsOf(plan).SMR]).toEqual([[], "within-drift"]);
  });

  test("and where a price would decide how much of it is sold, the plan is refused", () => {
    const half = { ...withSmr({ ...seenAt("41.5"), quote: badQuote }), targets: { SMR: "0.15", LEU: "0.558", OKLO: "0.292" } };
    expect(makePlan(scene(half))).toMatchObject({
      kind: "refused",
      refusal: "price-doubt",
      reason:
        "The value of SMR is in doubt, and with it the size of every target: the observed prices do not confirm one another: latest trade $41.50, quote $110.74.",
    });
  });

  test("two sources that agree on the wrong 110.74 are caught by the broker's equity", () => {
    const wrong = { ...seenAt("110.74"), quote: badQuote };
    expect(makePlan(scene(withSmr(wrong)))).toMatchObject({ kind: "refused", refusal: "price-doubt" });
  });

  test("a quote without an ask aborts nothing when other prices agree", () => {
    const oneSided = {
      ...seenAt("213.39"),
      quote: { bid: decimal("213.1"), ask: decimal("0"), at: NOW },
      position: { price: decimal("213.4"), at: NOW },
    };
    expect(ordersOf(planFor({ ...EVENING, prices: { ...EVENING.prices, LEU: oneSided } }))).toEqual([]);
  });

  test("a buy is sized in dollars, so a bogus price of 111.83 cannot shrink it to 38 % of what is wanted", () => {
    const plan = planFor({
      cash: "1000",
      targets: { SMR: "1" },
      prices: { SMR: { ...seenAt("42.46"), quote: badQuote, minuteBar: { price: decimal("42.4"), at: NOW } } },
    });
    expect(ordersOf(plan)).toEqual(["buy SMR $990"]);
  });

  test("a buy of $855.49 against $612.53 is cut to the cash before it is sent, not refused four times", () => {
    const plan = planFor({
      phase: "buying",
      cash: "612.53",
      held: { LEU: "3" },
      targets: { LEU: "1" },
      prices: { LEU: "80.99" },
      settings: { cashReserve: decimal("0") },
    });
    expect(ordersOf(plan)).toEqual(["buy LEU $612.53"]);
  });

  test("targets of 31.4, 39.4 and 29.2 % are not capped at 10 % each: an account that holds them sells nothing", () => {
    const plan = planFor({
      cash: "600",
      held: { SMR: "793", LEU: "188", OKLO: "511" },
      targets: { SMR: "0.314", LEU: "0.394", OKLO: "0.292" },
      prices: { SMR: "39.19", LEU: "206.99", OKLO: "56.34" },
    });
    expect(ordersOf(plan)).toEqual([]);
    expect(reasonsOf(plan)).toEqual({ SMR: "within-drift", LEU: "within-drift", OKLO: "within-drift" });
  });

  test("orders of an earlier run that still wait are not sent a second time", () => {
    const working = [{ symbol: "OKLO", side: "sell" as const, own: true, worstCaseCost: decimal("0") }];
    const plan = planFor({
      cash: "0",
      held: { OKLO: { quantity: "100", available: "93.44" } },
      targets: { OKLO: "0.5" },
      prices: { OKLO: "60" },
      working,
    });
    expect(ordersOf(plan)).toEqual([]);
    expect(reasonsOf(plan)).toEqual({ OKLO: "own-order-working" });
  });
});
