import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import type { Plan, PlanInput, PlannedOrder } from "../../src/portfolio/plan.ts";
import { provePlan, type ProofRule } from "../../src/portfolio/proof.ts";
import { NO_OBSERVATIONS } from "../../src/portfolio/price.ts";
import { NOW, planFor, scene, TRADABLE, WHOLE_ONLY } from "./given.ts";

const INPUT = scene({
  cash: "1000",
  held: { AAA: "50", BBB: { quantity: "60", available: "60" }, CCC: "7.5" },
  targets: { BBB: "0.3", DDD: "0.5", EEE: "0.2" },
  prices: { AAA: "40", BBB: "50", CCC: "100", DDD: "25", EEE: "30" },
  assets: { EEE: WHOLE_ONLY, FFF: TRADABLE },
});
const PLAN = planFor(INPUT);

function rules(plan: Plan, input: PlanInput = INPUT): ProofRule[] {
  return [...new Set(provePlan(plan, input).map((failure) => failure.rule))];
}

function changed(side: "sells" | "buys", symbol: string, change: Partial<PlannedOrder>): Plan {
  return { ...PLAN, [side]: PLAN[side].map((order) => (order.symbol === symbol ? { ...order, ...change } : order)) };
}

function buy(symbol: string, dollars: string): PlannedOrder {
  const notional = decimal(dollars);
  return { symbol, side: "buy", notional, estimatedValue: notional, worstCaseCost: notional, fullExit: false };
}

function sell(symbol: string, shares: string): PlannedOrder {
  return { symbol, side: "sell", quantity: decimal(shares), estimatedValue: decimal("1"), worstCaseCost: decimal("0"), fullExit: false };
}

const EXIT = scene({ cash: "0", held: { AAA: "7.5", BBB: "1" }, exit: ["AAA"], prices: { AAA: "40", BBB: "50" } });
const EXIT_PLAN = planFor(EXIT);

const GROWN = scene({
  cash: "1000",
  equity: "1500",
  held: { BBB: { quantity: "10", marketValue: "495" } },
  targets: { BBB: "1" },
  prices: { BBB: "50" },
});

function withProtected(settings: Partial<PlanInput["settings"]>, assetClass = "us_equity"): PlanInput {
  return scene({
    cash: "1000",
    held: { AAA: "50", PPP: { quantity: "3", marketValue: "700", assetClass } },
    targets: { DDD: "1" },
    prices: { AAA: "40", DDD: "25", PPP: "1" },
    settings,
  });
}

function ofClass(symbol: string, assetClass: string): PlanInput["holdings"] {
  return INPUT.holdings.map((holding) => (holding.symbol === symbol ? { ...holding, assetClass } : holding));
}

function wholeOnly(symbol: string): PlanInput {
  return { ...INPUT, assets: new Map([...INPUT.assets, [symbol, WHOLE_ONLY]]) };
}

function withoutPrices(...symbols: readonly string[]): Partial<PlanInput> {
  return { observations: new Map([...INPUT.observations].filter(([symbol]) => !symbols.includes(symbol))) };
}

function owing(cash: string): PlanInput {
  return { ...INPUT, account: { ...INPUT.account, cash: decimal(cash), buyingPower: decimal("0") } };
}

describe("the proof before sending (R13)", () => {
  test("passes what the planner plans: two exits, one partial sell, two buys", () => {
    expect([...PLAN.sells, ...PLAN.buys].map((order) => `${order.side} ${order.symbol}`)).toEqual([
      "sell AAA",
      "sell BBB",
      "sell CCC",
      "buy DDD",
      "buy EEE",
    ]);
    expect(provePlan(PLAN, INPUT)).toEqual([]);
  });

  test.each<[string, Plan, ProofRule]>([
    ["a sell of more than is held", changed("sells", "AAA", { quantity: decimal("50.000000001") }), "short"],
    ["a sell of what is not held", { ...PLAN, sells: [...PLAN.sells, sell("EEE", "1")] }, "short"],
    ["a full exit that leaves dust", changed("sells", "CCC", { quantity: decimal("7.499999999") }), "overshoot"],
    ["a partial sell past its target", changed("sells", "BBB", { quantity: decimal("40") }), "overshoot"],
    ["a full exit of a wanted symbol", changed("sells", "BBB", { quantity: decimal("60"), fullExit: true }), "overshoot"],
    ["a partial sell of what is not wanted", changed("sells", "AAA", { fullExit: false }), "overshoot"],
    ["an exit of a part of what is available", changed("sells", "AAA", { quantity: decimal("20"), fullExit: false }), "overshoot"],
    ["a sell in dollars", { ...PLAN, sells: [{ ...buy("AAA", "100"), side: "sell" }] }, "amount"],
    ["a buy past its target", changed("buys", "DDD", { notional: decimal("3400"), worstCaseCost: decimal("3400") }), "overshoot"],
    ["a notional of a tenth of a cent", changed("buys", "DDD", { notional: decimal("100.001") }), "amount"],
    ["a notional below a dollar", changed("buys", "DDD", { notional: decimal("0.99") }), "amount"],
    ["a quantity of ten decimals", changed("sells", "BBB", { quantity: decimal("1.0123456789") }), "amount"],
    ["a quantity of zero", changed("sells", "BBB", { quantity: decimal("0") }), "amount"],
    ["quantity and notional together", changed("buys", "DDD", { quantity: decimal("1") }), "amount"],
    ["a fraction of a share that trades whole", changed("buys", "EEE", { quantity: decimal("1.5") }), "amount"],
    ["two orders for one symbol", { ...PLAN, buys: [...PLAN.buys, buy("DDD", "10")] }, "symbol"],
    ["a buy beside a sell of the same symbol", { ...PLAN, buys: [...PLAN.buys, buy("BBB", "10")] }, "symbol"],
    ["a buy of what is not wanted", { ...PLAN, buys: [...PLAN.buys, buy("FFF", "10")] }, "overshoot"],
    ["a sell among the buys", { ...PLAN, buys: [sell("BBB", "1")] }, "phase"],
    ["a worst case in dollars stated too low", changed("buys", "DDD", { worstCaseCost: decimal("1") }), "cash"],
    ["a worst case stated too low", changed("buys", "EEE", { worstCaseCost: decimal("1") }), "cash"],
    ["buys on sells that are not there", { ...PLAN, sells: [] }, "cash"],
    ["another base", { ...PLAN, base: PLAN.base.plus(decimal("1")) }, "equity"],
    ["more to spend than there is", { ...PLAN, spendable: PLAN.spendable.plus(decimal("0.01")) }, "cash"],
  ])("catches %s", (_, plan, rule) => {
    expect(rules(plan)).toContain(rule);
  });

  test("lets an exit take all that is available, and calls it full only if no more than a rounding remains", () => {
    const exit = (available: string, quantity: string, fullExit: boolean): ProofRule[] =>
      provePlan(changed("sells", "AAA", { quantity: decimal(quantity), fullExit }), {
        ...INPUT,
        holdings: INPUT.holdings.map((holding) => (holding.symbol === "AAA" ? { ...holding, available: decimal(available) } : holding)),
      })
        .map(({ rule }) => rule)
        .filter((rule) => rule === "overshoot" || rule === "short");
    expect(exit("49.5", "49.5", false)).toEqual([]);
    expect(exit("49.999999001", "49.999999001", true)).toEqual([]);
    expect(exit("49.5", "49.5", true)).toEqual(["overshoot"]);
    expect(exit("49.999999001", "49.999999001", false)).toEqual(["overshoot"]);
    expect(exit("49.5", "50", true)).toContain("short");
  });

  test.each<[string, Partial<PlanInput>, ProofRule]>([
    ["less cash", { account: { ...INPUT.account, cash: decimal("900"), buyingPower: decimal("900") } }, "cash"],
    ["another equity", { account: { ...INPUT.account, equity: decimal("8000") } }, "equity"],
    ["a debit", { account: { ...INPUT.account, cash: decimal("-1") } }, "cash"],
    ["phase buying", { phase: "buying" }, "phase"],
    ["an exit", { wanted: { kind: "exit", symbols: ["AAA"] } }, "phase"],
    ["a barred symbol", { excluded: new Map([["DDD", "order-unknown"]]) }, "symbol"],
    ["a protected symbol", { settings: { ...INPUT.settings, protectedSymbols: new Set(["AAA"]) } }, "symbol"],
    ["another universe", { settings: { ...INPUT.settings, allowedSymbols: new Set(["AAA", "BBB", "CCC", "DDD"]) } }, "symbol"],
    ["a limit", { settings: { ...INPUT.settings, maxOrderValue: decimal("1000") } }, "limit"],
    ["less that the signal may buy", { mayBuy: new Map([["DDD", decimal("1")]]) }, "limit"],
    ["a higher reserve", { settings: { ...INPUT.settings, cashReserve: decimal("0.2") } }, "reserve"],
    ["a foreign order", { workingOrders: [{ symbol: "DDD", side: "sell", own: false, worstCaseCost: decimal("0") }] }, "symbol"],
    ["a buy that is still working", { workingOrders: [{ symbol: "ZZZ", side: "buy", own: true, worstCaseCost: decimal("500") }] }, "cash"],
    ["an inactive asset", { assets: new Map([...INPUT.assets, ["DDD", { ...TRADABLE, active: false }]]) }, "symbol"],
    ["no price of what is sold in part", withoutPrices("BBB"), "price"],
    ["no price of what is bought in whole shares", withoutPrices("EEE"), "price"],
    [
      "a short position",
      {
        holdings: [
          ...INPUT.holdings,
          { symbol: "SQQQ", quantity: decimal("-1"), available: decimal("-1"), marketValue: decimal("-1"), assetClass: "us_equity" },
        ],
      },
      "short",
    ],
    ["fewer available shares", { holdings: INPUT.holdings.map((holding) => ({ ...holding, available: decimal("1") })) }, "short"],
  ])("does not hold for the same plan with %s", (_, change, rule) => {
    expect(rules(PLAN, { ...INPUT, ...change })).toContain(rule);
  });

  test("does not ask for the price of what is bought in dollars or sold whole (R10)", () => {
    expect(rules(PLAN, { ...INPUT, ...withoutPrices("AAA", "CCC", "DDD") })).toEqual([]);
  });

  test("holds a holding at the broker's own price against R9 by itself", () => {
    const kept = { ...PLAN, sells: PLAN.sells.filter(({ symbol }) => symbol !== "CCC"), buys: [] };
    const close = (price: string): PlanInput["observations"] =>
      new Map([...INPUT.observations, ["CCC", { ...NO_OBSERVATIONS, previousClose: { price: decimal(price), at: NOW } }]]);
    const judged = (change: Partial<PlanInput>): string[] =>
      provePlan(kept, { ...INPUT, ...change }).flatMap(({ symbol, rule }) => (symbol === "CCC" ? [rule] : []));
    expect(judged(withoutPrices("CCC"))).toEqual(["price"]);
    expect(judged({ observations: close("120") })).toEqual([]);
    expect(judged({ observations: close("120.01") })).toEqual(["price"]);
    expect(judged({ observations: close("83.33") })).toEqual(["price"]);
    expect(judged({ observations: close("83.34") })).toEqual([]);
  });

  test.each<[string, PlanInput]>([
    ["a protected position, which the base leaves out", withProtected({ protectedSymbols: new Set(["PPP"]) })],
    ["a position that is no US equity, whatever a price says of it", withProtected({}, "crypto")],
    [
      "somebody's sell of another symbol",
      { ...INPUT, workingOrders: [{ symbol: "ZZZ", side: "sell", own: false, worstCaseCost: decimal("900") }] },
    ],
    [
      "a universe that holds them all",
      { ...INPUT, settings: { ...INPUT.settings, allowedSymbols: new Set(["AAA", "BBB", "CCC", "DDD", "EEE"]) } },
    ],
    ["an exit without a price", scene({ cash: "0", held: { AAA: { quantity: "7.5", marketValue: "300" } }, exit: ["AAA"] })],
    [
      "the exact exit of a fraction that could not be bought",
      scene({ cash: "0", held: { AAA: "7.5" }, exit: ["AAA"], prices: { AAA: "40" }, assets: { AAA: WHOLE_ONLY } }),
    ],
    [
      "strategies that are known to name what is sold",
      { ...INPUT, wanted: { ...INPUT.wanted, known: new Set(["AAA", "CCC"]) } as PlanInput["wanted"] },
    ],
    ["more of what is held, and a broker's value that lags behind its price", GROWN],
    ["sells of an account that owes money", scene({ cash: "-100", held: { AAA: "7.5" }, exit: ["AAA"], prices: { AAA: "40" } })],
  ])("passes what is planned with %s", (_, input) => {
    const plan = planFor(input);
    expect(plan.sells.length + plan.buys.length).toBeGreaterThan(0);
    expect(provePlan(plan, input)).toEqual([]);
  });

  test.each<[string, Plan, PlanInput, string]>([
    ["an order for what is no US equity", PLAN, { ...INPUT, holdings: ofClass("AAA", "crypto") }, "AAA: an order for a protected symbol."],
    [
      "a buy among the sells",
      { ...PLAN, sells: [...PLAN.sells, buy("FFF", "10")] },
      INPUT,
      "FFF: a buy is among the orders of the other side.",
    ],
    [
      "a sell that the exit does not name",
      EXIT_PLAN,
      { ...EXIT, wanted: { kind: "exit", symbols: ["BBB"] } },
      "AAA: not named by the exit.",
    ],
    ["dollars for what trades in whole shares", { ...PLAN, buys: [buy("EEE", "100")] }, INPUT, "EEE: fractions of it cannot be bought."],
    [
      "a fraction of a position that trades whole",
      changed("sells", "BBB", { quantity: decimal("1.5") }),
      wholeOnly("BBB"),
      "BBB: fractions of it cannot be traded.",
    ],
    [
      "a buy that takes what is held past its target",
      { ...planFor(GROWN), buys: [buy("BBB", "1485")] },
      GROWN,
      "BBB: the buy would make $1,985.00, above the target of $1,485.00.",
    ],
    [
      "an order for what no strategy names",
      PLAN,
      { ...INPUT, wanted: { kind: "rebalance", targets: new Map(), known: new Set(["BBB"]) } },
      "AAA: no known strategy names it.",
    ],
    ["orders for what the venue does not know", PLAN, { ...INPUT, assets: new Map() }, "EEE: not known as active and tradable."],
    ["a buy while money is owed", PLAN, owing("-1"), "The account owes money and may only be reduced, but the plan buys."],
    ["buys that take more than there is", PLAN, owing("-1"), "The buys may take $4,714.05, but $3,744.25 may be spent."],
    ["more than all of the equity", PLAN, owing("-1"), "The positions could exceed 100 % of equity."],
  ])("says what is wrong with %s", (_, plan, input, message) => {
    expect(provePlan(plan, input).map((failure) => failure.message)).toContain(message);
  });

  test("names the symbol and the amount", () => {
    expect(provePlan(changed("sells", "AAA", { quantity: decimal("51") }), INPUT)[0]).toEqual({
      rule: "short",
      symbol: "AAA",
      message: "AAA: sells 51 shares, but 50 shares may be sold.",
    });
  });
});
