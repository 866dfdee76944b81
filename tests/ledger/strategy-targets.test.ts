import { describe, expect, test } from "@jest/globals";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import type { StrategyTarget } from "../../src/domain/strategy-target.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { execution, intent, NOW, signal } from "./ledger-examples.ts";

function strategyTarget(
  strategy: string,
  signalId: string,
  targets: Readonly<Record<string, string>>,
  change: Partial<StrategyTarget> = {},
): StrategyTarget {
  const weights = new Map(Object.entries(targets).map(([symbol, weight]) => [symbol, decimal(weight)]));
  return { strategy, share: decimal("0.5"), basis: "run", signalId, generatedAt: NOW, targets: weights, ...change };
}

function executed(ledger: SqliteLedger, id: string, strategyTargets: readonly StrategyTarget[], begun = true): void {
  if (ledger.signal(id) === undefined) ledger.recordSignal(signal(id), NOW);
  ledger.createExecution(execution(id, id));
  ledger.recordStrategyTargets(id, strategyTargets);
  if (begun) ledger.updateExecution(id, { begunAt: NOW });
}

describe("what was last accepted from a strategy", () => {
  test("are its targets in the newest execution that has begun, or that found nothing to do", () => {
    const ledger = openLedger(":memory:");
    expect(ledger.lastStrategyTarget("nuclear")).toBeUndefined();
    executed(ledger, "a", [strategyTarget("nuclear", "a", { SMR: "1" })]);
    executed(ledger, "b", [strategyTarget("nuclear", "b", { LEU: "1" })], false);
    expect(ledger.lastStrategyTarget("nuclear")).toMatchObject({ signalId: "a", basis: "accepted" });
    ledger.updateExecution("b", { outcome: "superseded", finishedAt: NOW });
    expect(ledger.lastStrategyTarget("nuclear")?.signalId).toBe("a");
    executed(ledger, "c", [strategyTarget("nuclear", "c", { OKLO: "1" })], false);
    ledger.updateExecution("c", { outcome: "on-target", finishedAt: NOW });
    expect([...(ledger.lastStrategyTarget("nuclear")?.targets.keys() ?? [])]).toEqual(["OKLO"]);
    expect(ledger.lastAcceptedSignal("nuclear")?.signal.id).toBe("c");
  });

  test("also where another strategy's execution counted with its waiting run", () => {
    const ledger = openLedger(":memory:");
    ledger.recordSignal(signal("t", { strategy: "tecl" }), NOW);
    executed(ledger, "a", [strategyTarget("nuclear", "a", { SMR: "1" }), strategyTarget("tecl", "t", { LEU: "1" }, { basis: "waiting" })]);
    expect(ledger.lastStrategyTarget("tecl")).toMatchObject({ signalId: "t", basis: "accepted" });
    expect(ledger.strategyTargetsOf("a").map(({ basis }) => basis)).toEqual(["run", "waiting"]);
    expect(ledger.prune(NOW + 10 ** 10).signals).toBe(0);
  });

  test("in a ledger that kept no claims it is the newest accepted portfolio, without what was exited since", () => {
    const ledger = openLedger(":memory:");
    ledger.recordSignal(signal("a"), NOW);
    ledger.recordSignal(signal("b", { kind: "exit", targets: new Map(), exits: ["BWXT"] }), NOW);
    for (const id of ["a", "b"]) {
      ledger.createExecution(execution(id, id));
      ledger.updateExecution(id, { begunAt: NOW });
    }
    expect(ledger.lastStrategyTarget("nuclear")).toMatchObject({ signalId: "b", share: decimal("1") });
    expect([...(ledger.lastStrategyTarget("nuclear")?.targets.keys() ?? [])]).toEqual(["SMR", "LEU"]);
  });
});

test("what was wanted comes back as it was, with what is known and what is kept", () => {
  const ledger = openLedger(":memory:");
  ledger.recordSignal(signal("a"), NOW);
  const weights = new Map([["SMR", decimal("0.31")]]);
  const rebalance = { kind: "rebalance", targets: weights, known: new Set(["LEU", "SMR"]) } as const;
  const exit = { kind: "exit", symbols: ["SMR"], kept: weights } as const;
  ledger.createExecution(execution("x", "a", { wanted: rebalance }));
  ledger.createExecution(execution("y", "a", { wanted: exit }));
  expect(ledger.execution("x")?.wanted).toEqual(rebalance);
  expect(ledger.execution("y")?.wanted).toEqual(exit);
});

test("a release holds until the whole position has been sold after it", () => {
  const ledger = openLedger(":memory:");
  ledger.recordSignal(signal("a"), NOW);
  ledger.createExecution(execution("x", "a"));
  const sold = (id: string, recordedAt: number): void => {
    ledger.recordIntents([intent(id, "x", { recordedAt })]);
    ledger.updateIntent(id, { state: "done", status: "filled", filledQuantity: decimal("4.619918123"), updatedAt: recordedAt });
  };
  sold("before", NOW - 1);
  ledger.releaseSymbol("SMR", NOW);
  ledger.releaseSymbol("SMR", NOW);
  expect(ledger.releasedSymbols()).toEqual(["SMR"]);
  sold("after", NOW + 1);
  expect(ledger.releasedSymbols()).toEqual([]);
});
