import { describe, expect, test } from "@jest/globals";
import { decimal, toText } from "../../src/domain/decimal.ts";
import { makePlan } from "../../src/portfolio/plan.ts";
import { NO_OBSERVATIONS } from "../../src/portfolio/price.ts";
import { lineOf, MINUTE, NOW, ordersOf, planFor, reasonsOf, scene, seenAt, type Scene } from "./given.ts";

function refusal(given: Scene): string {
  const result = makePlan(scene(given));
  return result.kind === "refused" ? `${result.refusal}: ${result.reason}` : "plan";
}

describe("the base (R9)", () => {
  test("is cash and positions at checked prices, less the reserve", () => {
    const plan = planFor({ cash: "1000", held: { SMR: "100" }, targets: { SMR: "0.5" }, prices: { SMR: "40" } });
    expect(toText(plan.base)).toBe("4950");
  });

  test("leaves protected positions out, named ones and those that are no US equities", () => {
    const plan = planFor({
      cash: "1000",
      held: {
        SMR: "10",
        BTCUSD: { quantity: "1", assetClass: "crypto", marketValue: "60000" },
        IONQ: { quantity: "5", marketValue: "200" },
      },
      targets: { SMR: "1" },
      prices: { SMR: "40" },
      settings: { protectedSymbols: new Set(["IONQ"]) },
    });
    expect(toText(plan.base)).toBe("1386");
    expect(reasonsOf(plan)).toEqual({ BTCUSD: "protected", IONQ: "protected" });
    expect(ordersOf(plan)).toEqual(["buy SMR $986"]);
  });

  test("must agree with the broker's equity within 2 %", () => {
    const given: Scene = { cash: "1000", held: { SMR: "100" }, targets: { SMR: "1" }, prices: { SMR: "40" } };
    expect(refusal({ ...given, equity: "5100" })).toBe("plan");
    expect(refusal({ ...given, equity: "5103" })).toBe(
      "price-doubt: Cash and positions at checked prices add up to $5,000.00, but the broker's equity is $5,103.00.",
    );
    expect(refusal({ ...given, equity: "4900" })).toMatch(/^price-doubt/);
  });

  test("is not in doubt for a position of nothing", () => {
    const plan = planFor({
      cash: "1000",
      held: { SMR: { quantity: "0", marketValue: "0" } },
      targets: { LEU: "1" },
      prices: { LEU: "200" },
    });
    expect(reasonsOf(plan)).toEqual({ SMR: "within-drift" });
  });

  test("refuses an account with a short position", () => {
    const given: Scene = { cash: "9000", held: { SQQQ: "-10" }, targets: { SMR: "1" }, prices: { SQQQ: "20", SMR: "40" } };
    expect(refusal(given)).toMatch(/^short-position: The account holds a short position of -10 SQQQ/);
  });

  test("refuses an account that owes more than it holds", () => {
    const given: Scene = { cash: "-5000", held: { SMR: "100" }, targets: { SMR: "1" }, prices: { SMR: "40" } };
    expect(refusal(given)).toMatch(/^account-over-allocated/);
  });
});

describe("while no session is open", () => {
  const friday = NOW - 48 * 60 * MINUTE;
  const prices = {
    SMR: { ...NO_OBSERVATIONS, trade: { price: decimal("40"), at: friday }, position: { price: decimal("40"), at: NOW } },
    LEU: seenAt("200", friday),
  };
  const given = { cash: "1000", held: { SMR: { quantity: "10", marketValue: "400" } }, targets: { LEU: "1" } };
  const input = scene({ ...given, prices });

  test("the last trades count as current prices", () => {
    expect(ordersOf(planFor({ ...input, marketClosed: true }))).toEqual(["sell SMR 10 shares", "buy LEU $1386"]);
  });

  test("the newer of the last trade and the last minute bar sets the reference time", () => {
    const old = { price: decimal("40"), at: friday - 30 * 60_000 };
    const bar = { ...NO_OBSERVATIONS, trade: { price: decimal("40"), at: friday }, minuteBar: old };
    // Half an hour before the last trade: it confirms it, and is not taken for the moment itself.
    expect(makePlan({ ...scene({ ...given, prices: { ...prices, SMR: bar } }), marketClosed: true }).kind).toBe("plan");
    const quoteOnly = {
      ...NO_OBSERVATIONS,
      quote: { bid: decimal("40"), ask: decimal("40"), at: NOW },
      position: { price: decimal("40"), at: NOW },
    };
    expect(makePlan({ ...scene({ ...given, prices: { ...prices, SMR: quoteOnly } }), marketClosed: true }).kind).toBe("plan");
  });

  test("but during a session the same prices are stale, and nothing is sold in part on them", () => {
    const half = scene({ ...given, held: { SMR: { quantity: "40", marketValue: "1600" } }, targets: { SMR: "0.2" }, prices });
    expect(ordersOf(planFor({ ...half, marketClosed: true }))).toEqual(["sell SMR 27.13 shares"]);
    expect(makePlan(half)).toMatchObject({ kind: "refused", refusal: "price-doubt" });
  });
});

describe("target weights", () => {
  test("of the recorded 200 % day are refused", () => {
    expect(refusal({ cash: "109000", targets: { SMR: "0.312", LEU: "0.391", OKLO: "0.297", UVXY: "0.75", BTAL: "0.25" } })).toBe(
      "proof-failed: The target weights add up to 200.0 %, more than 100 %.",
    );
  });

  test.each(["0", "-0.1", "1.01"])("of %s are refused", (weight) => {
    expect(refusal({ cash: "1000", targets: { SMR: weight } })).toMatch(/^proof-failed: The target weight of SMR/);
  });
});

describe("gross (R9)", () => {
  test("an account that owes cash is only reduced, and its buys wait", () => {
    const plan = planFor({
      cash: "-2000",
      buyingPower: "3000",
      held: { SMR: "250", LEU: "10" },
      targets: { SMR: "0.5", LEU: "0.5" },
      prices: { SMR: "40", LEU: "200" },
    });
    expect(ordersOf(plan)).toEqual(["sell SMR 126.25 shares"]);
    expect(reasonsOf(plan)).toEqual({ LEU: "insufficient-cash" });
    expect(plan.reachesTarget).toBe(false);
  });

  test("the recorded account with cash of -$1.98 buys nothing", () => {
    const plan = planFor({ cash: "-1.98", held: { SMR: "2" }, targets: { SMR: "0.5", LEU: "0.5" }, prices: { SMR: "40", LEU: "200" } });
    expect(plan.buys).toEqual([]);
    expect(lineOf(plan, "LEU").leftAlone).toBe("insufficient-cash");
  });

  test("buying power of a margin account never makes it buy more than its cash", () => {
    const plan = planFor({
      cash: "1000",
      buyingPower: "4000",
      held: { SMR: "10" },
      targets: { SMR: "0.3", LEU: "0.7" },
      prices: { SMR: "40", LEU: "200" },
    });
    expect(ordersOf(plan)).toEqual(["buy LEU $970.2", "buy SMR $15.8"]);
  });
});

describe("an exit", () => {
  test("sells the named symbols whole and mentions nothing else", () => {
    const plan = planFor({ cash: "0", held: { SMR: "7.2273576", LEU: "3" }, exit: ["SMR"], prices: { SMR: "40", LEU: "200" } });
    expect(ordersOf(plan)).toEqual(["sell SMR 7.2273576 shares"]);
    expect(plan.lines.map((line) => line.symbol)).toEqual(["SMR"]);
    expect(plan.reachesTarget).toBe(true);
  });

  test("needs no price, not even of what it does not touch", () => {
    const plan = planFor({
      cash: "0",
      equity: "1000",
      held: { SMR: { quantity: "5", marketValue: "200" }, LEU: { quantity: "4", marketValue: "800" } },
      exit: ["SMR"],
    });
    expect(ordersOf(plan)).toEqual(["sell SMR 5 shares"]);
    expect(toText(plan.sells[0]!.estimatedValue)).toBe("200");
  });

  test("of what is not held is done already", () => {
    const plan = planFor({ cash: "100", exit: ["SMR"] });
    expect(plan.lines).toMatchObject([
      { symbol: "SMR", action: "none", leftAlone: "within-drift", detail: expect.stringContaining("nothing is held") as unknown },
    ]);
    expect(plan.reachesTarget).toBe(true);
  });

  test("of what an order of ours may yet buy is not done", () => {
    const working = [{ symbol: "SMR", side: "buy", own: true, worstCaseCost: decimal("50") }] as const;
    const plan = planFor({ cash: "100", exit: ["SMR"], working });
    expect(plan.lines).toMatchObject([{ symbol: "SMR", action: "none", leftAlone: "own-order-working" }]);
    expect(plan.reachesTarget).toBe(false);
  });

  test.each([
    ["a sell of ours", { symbol: "SMR", side: "sell", own: true }],
    ["somebody else's buy", { symbol: "SMR", side: "buy", own: false }],
    ["our buy of another symbol", { symbol: "LEU", side: "buy", own: true }],
  ] as const)("%s brings nothing that is to be sold", (_, order) => {
    const plan = planFor({ cash: "100", exit: ["SMR"], working: [{ ...order, worstCaseCost: decimal("50") }] });
    expect(plan.reachesTarget).toBe(true);
  });

  test("obeys bars, protection and limits", () => {
    const held = { SMR: "5", LEU: "4" };
    const prices = { SMR: "40", LEU: "200" };
    const plan = planFor({
      cash: "0",
      held,
      exit: ["SMR", "LEU"],
      prices,
      excluded: new Map([["LEU", "order-unknown"]]),
      settings: { protectedSymbols: new Set(["SMR"]) },
    });
    expect(reasonsOf(plan)).toEqual({ LEU: "order-unknown", SMR: "protected" });
    expect(refusal({ cash: "0", held, exit: ["LEU"], prices, settings: { maxOrderValue: decimal("799") } })).toMatch(/^order-limit/);
  });
});

test("an account that lists a position twice is refused", () => {
  const input = scene({ cash: "100", held: { SMR: "5", LEU: "1" }, targets: { SMR: "1" }, prices: { SMR: "40", LEU: "200" } });
  expect(makePlan({ ...input, holdings: [...input.holdings, ...input.holdings.slice(1)] })).toMatchObject({
    kind: "refused",
    refusal: "proof-failed",
    reason: "The broker lists LEU twice.",
  });
});

test("a plan is the same whatever the order of its inputs", () => {
  const input = scene({
    cash: "500",
    held: { SMR: "10", LEU: "2", ABC: "1" },
    targets: { OKLO: "0.4", SMR: "0.6" },
    prices: { SMR: "40", LEU: "200", ABC: "9", OKLO: "60" },
  });
  const turned = {
    ...input,
    holdings: [...input.holdings].reverse(),
    wanted: {
      kind: "rebalance" as const,
      targets: new Map([
        ["SMR", decimal("0.6")],
        ["OKLO", decimal("0.4")],
      ]),
    },
    observations: new Map([...input.observations].reverse()),
  };
  expect(makePlan(turned)).toEqual(makePlan(input));
  expect(planFor(input).lines.map((line) => line.symbol)).toEqual(["ABC", "LEU", "OKLO", "SMR"]);
});
