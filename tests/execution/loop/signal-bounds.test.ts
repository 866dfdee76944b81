import { describe, expect, test } from "@jest/globals";
import { decimal, ZERO } from "../../../src/domain/decimal.ts";
import type { SymbolGoal } from "../../../src/execution/loop/signal-bounds.ts";
import { boundsOf, planWithin } from "../../../src/execution/loop/signal-bounds.ts";
import { openLedger } from "../../../src/ledger/sqlite-ledger.ts";
import type { Plan } from "../../../src/portfolio/plan.ts";
import { provePlan } from "../../../src/portfolio/proof.ts";
import { execution, intent, NOW, signal } from "../../ledger/ledger-examples.ts";
import { ordersOf, reasonsOf, scene } from "../../portfolio/given.ts";

const SETTINGS = { cashReserve: ZERO };

/** Half in LEU, half in SMR, which the signal set out to sell a little of; now none of it is held. */
function planned(goal: Partial<SymbolGoal>): Plan {
  const input = scene({
    cash: "5000",
    held: { LEU: "25" },
    targets: { LEU: "0.5", SMR: "0.5" },
    prices: { LEU: "200", SMR: "40" },
    settings: SETTINGS,
  });
  const sold: SymbolGoal = { side: "sell", most: decimal("1500"), price: decimal("40"), back: ZERO, ...goal };
  const leu: SymbolGoal = { side: "buy", most: decimal("5000"), price: decimal("200"), back: ZERO };
  const bounds = {
    goals: new Map([
      ["SMR", sold],
      ["LEU", leu],
    ]),
    reached: new Set<string>(),
    unread: new Set<string>(),
    orders: [],
  };
  const { result } = planWithin(input, bounds);
  if (result.kind === "refused") throw new Error(result.reason);
  return result.plan;
}

describe("a symbol that the signal set out to sell (R33)", () => {
  test("is not bought by it", () => {
    const plan = planned({});
    expect([ordersOf(plan), reasonsOf(plan)]).toMatchObject([[], { SMR: "signal-bound" }]);
  });

  test("is bought back as far as an order of an earlier run has sold it late", () => {
    expect(ordersOf(planned({ back: decimal("5000") }))).toEqual(["buy SMR $5000"]);
    expect(ordersOf(planned({ back: decimal("4000") }))).toEqual([]);
  });
});

describe("a symbol that the signal set out to buy (R33), when the account has grown", () => {
  const most = (dollars: string, prices = { LEU: "200" }): Plan => {
    const input = scene({ cash: "10000", targets: { LEU: "1" }, prices, settings: SETTINGS });
    const goal: SymbolGoal = { side: "buy", most: decimal(dollars), price: ZERO, back: ZERO };
    const { result, input: given } = planWithin(input, {
      goals: new Map([["LEU", goal]]),
      reached: new Set(),
      unread: new Set(),
      orders: [],
    });
    if (result.kind === "refused") throw new Error(result.reason);
    expect(provePlan(result.plan, given)).toEqual([]);
    return result.plan;
  };

  test("is bought as far as the signal may", () => {
    const plan = most("7000.55");
    expect([ordersOf(plan), reasonsOf(plan)]).toEqual([["buy LEU $7000.55"], { LEU: "signal-bound" }]);
  });

  test("is left alone when that is less than an order may be", () => {
    const plan = most("4");
    expect([ordersOf(plan), reasonsOf(plan)]).toEqual([[], { LEU: "signal-bound" }]);
  });

  test("is bought in full while that is enough", () => {
    expect(ordersOf(most("10000"))).toEqual(["buy LEU $10000"]);
  });
});

test("what an order of an earlier run sold after the signal's start may be bought back", () => {
  const ledger = openLedger(":memory:");
  ledger.recordSignal(signal("old"), NOW);
  ledger.recordSignal(signal("new"), NOW);
  ledger.createExecution(execution("old", "old", { startedAt: NOW }));
  ledger.recordIntents([{ ...intent("sell-smr", "old"), symbol: "SMR", side: "sell", recordedAt: NOW }]);
  ledger.createExecution(execution("new", "new", { startedAt: NOW + 1_000 }));
  const line = {
    symbol: "SMR",
    targetWeight: "0.5",
    targetValue: "5000",
    actualValue: "6000",
    price: "40",
    action: "sell",
    leftAlone: undefined,
    detail: "",
  } as const;
  const phase = { base: "10000", spendable: "0", reachesTarget: true, sells: [], buys: [], lines: [line] };
  ledger.updateExecution("new", { begunAt: NOW + 1_000, plan: { selling: phase, reached: [] } });
  const fill = { filledQuantity: decimal("10"), filledAveragePrice: decimal("40"), filledAt: NOW + 2_000, updatedAt: NOW + 2_000 };
  ledger.updateIntent("sell-smr", { state: "posting", postedAt: NOW, updatedAt: NOW });
  ledger.updateIntent("sell-smr", { state: "done", status: "filled", orderId: "1", ...fill });
  expect(boundsOf(ledger, "new")?.goals.get("SMR")).toMatchObject({ side: "sell", back: decimal("400") });
  ledger.close();
});
