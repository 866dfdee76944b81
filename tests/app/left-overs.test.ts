import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { LeftOvers } from "../../src/app/left-overs.ts";
import type { Signal } from "../../src/domain/signal.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { execution, NOW, signal as example } from "../ledger/ledger-examples.ts";

let ledger: SqliteLedger;
let clock: VirtualClock;
let newest: string | undefined;
let isArriving = false;
let leftOvers: LeftOvers;

beforeEach(() => {
  ledger = openLedger(":memory:");
  clock = new VirtualClock(NOW);
  leftOvers = new LeftOvers({
    clock,
    ledger,
    signalMaxAgeSeconds: 300,
    inbox: { newestOf: () => (newest === undefined ? undefined : { signalId: newest }), isArriving: () => isArriving },
  });
});

afterEach(() => ledger.close());

/** A run of the strategy, in the ledger. */
function run(id: string, kind: Signal["kind"] = "rebalance", generatedAt = NOW): Signal {
  const signal: Signal = { ...example(id), kind, generatedAt, oldestStamp: NOW, arrivedAt: NOW, lastLineAt: NOW };
  ledger.recordSignal(signal, NOW);
  newest = id;
  return signal;
}

async function due(): Promise<string[]> {
  await clock.advance(20_000);
  return leftOvers.due().map(({ signal }) => signal.id);
}

describe("an execution that ended off target", () => {
  test("is continued after a pause, once", async () => {
    leftOvers.remember(run("a"), 0);
    expect(leftOvers.due()).toEqual([]);
    expect([await due(), await due()]).toEqual([["a"], []]);
  });

  test("of an earlier process is continued only where the file shows that no newer BUY run has come", async () => {
    const missed = run("a");
    ledger.createExecution(execution("a", "a", { startedAt: NOW }));
    ledger.updateExecution("a", { begunAt: NOW, outcome: "off-target", phase: "settled", finishedAt: NOW });
    leftOvers.rememberEarlier({ strategy: missed.strategy, decision: { kind: "nothing" } });
    expect(await due()).toEqual([]);
    leftOvers.rememberEarlier({ strategy: missed.strategy, decision: { kind: "nothing" }, decidedBefore: missed.lineHashes });
    expect(await due()).toEqual(["a"]);
  });

  test("of an earlier process is continued too if it was a SELL, and so is the BUY run before it", async () => {
    const [buy, sell] = [run("a"), run("b", "exit", NOW + 1)];
    for (const { id } of [buy, sell]) {
      ledger.createExecution(execution(id, id, { startedAt: NOW }));
      ledger.updateExecution(id, { begunAt: NOW, outcome: "off-target", phase: "settled", finishedAt: NOW });
    }
    leftOvers.decided(buy.strategy, { lines: buy.lineHashes });
    const decision = { kind: "verdict", signalId: "b", verdict: { kind: "executed", reason: "" }, isNew: false } as const;
    leftOvers.rememberEarlier({ strategy: buy.strategy, decision, decidedBefore: buy.lineHashes });
    expect(await due()).toEqual(["b", "a"]);
  });

  test("is not continued after all where a newer run has decided while it waited for its turn", async () => {
    const first = run("a");
    leftOvers.remember(first, 0);
    expect([await due(), leftOvers.isStillDue(first)]).toEqual([["a"], true]);
    run("b", "exit");
    expect(leftOvers.isStillDue(first)).toBe(true);
    leftOvers.decided(first.strategy, { signalId: run("c").id });
    expect(leftOvers.isStillDue(first)).toBe(false);
  });

  test("waits while a newer run is arriving", async () => {
    leftOvers.remember(run("a"), 0);
    isArriving = true;
    expect(await due()).toEqual([]);
    isArriving = false;
    expect(await due()).toEqual(["a"]);
  });

  test("is continued after a SELL, which decides nothing", async () => {
    const first = run("a");
    leftOvers.decided(first.strategy, { signalId: "a" });
    leftOvers.remember(first, 0);
    leftOvers.decided(first.strategy, { signalId: run("b", "exit").id });
    expect(await due()).toEqual(["a"]);
  });

  test.each([
    ["and ends later", true],
    ["that had ended before", false],
  ])("is not continued after a run that decided and was not executed itself, though a SELL follows that: one %s", async (_, isOpen) => {
    const first = run("a");
    leftOvers.decided(first.strategy, { signalId: "a" });
    if (!isOpen) leftOvers.remember(first, 0);
    leftOvers.decided(first.strategy, { signalId: run("b").id });
    if (isOpen) leftOvers.remember(first, 0);
    leftOvers.decided(first.strategy, { signalId: run("c", "exit").id });
    expect(await due()).toEqual([]);
  });

  test("is continued when the run whose lines it has is the last to decide, and not after another", async () => {
    const first = { ...run("a"), lineHashes: ["a-1", "a-2", "s-1"] };
    leftOvers.remember(first, 0);
    leftOvers.decided(first.strategy, { lines: ["a-1", "a-2"] });
    expect(await due()).toEqual(["a"]);
    leftOvers.remember(first, 0);
    leftOvers.decided(first.strategy, { lines: ["b-1"] });
    expect(await due()).toEqual([]);
  });

  test("of a SELL is continued, whatever BUY run decided before it, until a newer one does", async () => {
    const buy = run("a");
    const sell = run("b", "exit", NOW + 1);
    leftOvers.decided(buy.strategy, { signalId: "a" });
    leftOvers.remember(sell, 0);
    leftOvers.decided(buy.strategy, { lines: buy.lineHashes });
    expect([await due(), leftOvers.isStillDue(sell)]).toEqual([["b"], true]);
    run("c", "exit");
    leftOvers.remember(sell, 0);
    expect(await due()).toEqual(["b"]);
    leftOvers.remember(sell, 0);
    const newer = { ...example("d"), lineHashes: ["d-1"], generatedAt: NOW + 2 };
    ledger.recordSignal(newer, NOW);
    leftOvers.decided(buy.strategy, { signalId: "d" });
    expect([await due(), leftOvers.isStillDue(sell)]).toEqual([[], false]);
    leftOvers.remember(sell, 0);
    expect(await due()).toEqual([]);
  });
});
