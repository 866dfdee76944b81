import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { StrategyTarget } from "../../src/domain/strategy-target.ts";
import { combinedTargets, targetOfAll, targetOfExit } from "../../src/domain/strategy-target.ts";
import { decimal, ONE, sum } from "../../src/domain/decimal.ts";
import type { Plan, PlanInput } from "../../src/portfolio/plan.ts";
import type { RebalanceTarget } from "../../src/domain/rebalance-target.ts";
import { makePlan } from "../../src/portfolio/plan.ts";
import { provePlan } from "../../src/portfolio/proof.ts";
import { planFor, scene, TRADABLE } from "./given.ts";

function strategyTarget(strategy: string, share: string, targets: Readonly<Record<string, string>>): StrategyTarget {
  const weights = new Map(Object.entries(targets).map(([symbol, weight]) => [symbol, decimal(weight)]));
  return { strategy, share: decimal(share), basis: "accepted", signalId: "s", generatedAt: 0, targets: weights };
}

function wanting(wanted: RebalanceTarget, held: Readonly<Record<string, string>>, cash = "1000"): PlanInput {
  const prices = { AAA: "40", BBB: "50", CCC: "100" };
  const assets = { AAA: TRADABLE, BBB: TRADABLE, CCC: TRADABLE };
  return { ...scene({ cash, held, targets: {}, prices, assets }), wanted };
}

function told(plan: Plan): string[] {
  return plan.lines.map(({ symbol, action, leftAlone }) => `${symbol} ${action} ${leftAlone ?? ""}`.trim());
}

describe("claims together (R31)", () => {
  test("weights are shares of shares, and overlapping symbols add up exactly", () => {
    const strategyTargets = [
      strategyTarget("nuclear", "0.6", { AAA: "0.312", BBB: "0.395" }),
      strategyTarget("tecl", "0.4", { AAA: "0.5" }),
    ];
    expect([...combinedTargets(strategyTargets)].map(([symbol, weight]) => `${symbol} ${weight.toFixed()}`)).toEqual([
      "AAA 0.3872",
      "BBB 0.237",
    ]);
  });

  test("they never come to more than the whole, whatever the strategies say", () => {
    const part = fc.integer({ min: 1, max: 500 }).map((thousandths) => decimal(thousandths.toString()).div("1000"));
    fc.assert(
      fc.property(fc.array(fc.tuple(part, part, part), { maxLength: 2 }), (strategies) => {
        const strategyTargets = strategies.map(([share, one, other]) =>
          strategyTarget("x", share.toFixed(), { AAA: one.toFixed(), BBB: other.toFixed() }),
        );
        expect(sum(combinedTargets(strategyTargets).values()).lte(ONE)).toBe(true);
      }),
      { seed: 31 },
    );
  });
});

describe("what is held and no strategy is known to want", () => {
  const strategyTargets = [strategyTarget("nuclear", "0.6", { AAA: "1" })];

  test("is left alone, and the account is off target; what one has named before is sold", () => {
    const plan = planFor(wanting(targetOfAll(strategyTargets, new Set(["AAA", "BBB"])), { BBB: "10", CCC: "5" }));
    expect(told(plan)).toEqual(["AAA buy", "BBB sell", "CCC none unattributed"]);
    expect(plan.reachesTarget).toBe(false);
    expect(plan.lines.find(({ symbol }) => symbol === "CCC")?.detail).toContain("no known strategy names it");
  });

  test("with one strategy is its own", () => {
    const plan = planFor(wanting(targetOfAll(strategyTargets, undefined), { CCC: "5" }));
    expect(told(plan)).toEqual(["AAA buy", "CCC sell"]);
  });

  test("an order for it would fail the proof", () => {
    const input = wanting(targetOfAll(strategyTargets, new Set(["AAA"])), { CCC: "5" });
    const selling = planFor({ ...input, wanted: targetOfAll(strategyTargets, undefined) });
    expect(provePlan(selling, input).map(({ rule, symbol }) => [rule, symbol])).toContainEqual(["symbol", "CCC"]);
  });
});

describe("an exit in an account with another strategy", () => {
  test("sells down to what the other wants of it and nothing else", () => {
    const wanted = targetOfExit(["AAA"], [strategyTarget("nuclear", "0.6", {}), strategyTarget("tecl", "0.4", { AAA: "0.5", CCC: "0.5" })]);
    const input = wanting(wanted, { AAA: "100", BBB: "20", CCC: "10" });
    const plan = planFor(input);
    expect(told(plan)).toEqual(["AAA sell"]);
    // 7000 are there, 6930 of them are the base, and tecl keeps a fifth of it.
    expect(plan.sells).toMatchObject([{ symbol: "AAA", quantity: decimal("65.35"), fullExit: false }]);
    expect(provePlan(plan, input)).toEqual([]);
  });

  test("sells all where nobody else wants it, and nothing where the other's is all that is held", () => {
    const nobody = targetOfExit(["AAA"], [strategyTarget("nuclear", "0.6", {})]);
    expect(planFor(wanting(nobody, { AAA: "100" })).sells).toMatchObject([{ symbol: "AAA", fullExit: true }]);
    const others = targetOfExit(["AAA"], [strategyTarget("nuclear", "0.6", {}), strategyTarget("tecl", "0.4", { AAA: "1" })]);
    const plan = planFor(wanting(others, { AAA: "10" }));
    expect(told(plan)).toEqual(["AAA none within-drift"]);
    expect(plan.reachesTarget).toBe(true);
  });

  test("what it may leave is measured against the base, so a base in doubt refuses it", () => {
    const wanted = targetOfExit(["AAA"], [strategyTarget("tecl", "0.4", { AAA: "1" })]);
    const input = wanting(wanted, { AAA: "100" });
    const result = makePlan({ ...input, account: { ...input.account, equity: decimal("9000") } });
    expect(result).toMatchObject({ kind: "refused", refusal: "price-doubt" });
  });
});
