import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decimal } from "../../src/domain/decimal.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import { mayBecome } from "../../src/domain/ledger/orders.ts";
import { ReadMemory } from "../../src/ledger/read-memory.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { execution, intent, NOW, signal } from "./ledger-examples.ts";

function withOneOrder(file: string): SqliteLedger {
  const ledger = openLedger(file);
  ledger.recordSignal(signal("a"), NOW);
  ledger.createExecution(execution("x", "a"));
  ledger.recordIntents([intent("c1", "x")]);
  return ledger;
}

/** Everything that is remembered, read once more. */
function seen(ledger: SqliteLedger): readonly unknown[] {
  return [
    ledger.execution("x")?.phase,
    ledger.executionOfSignal("a")?.phase,
    ledger.openExecutions().map(({ phase }) => phase),
    ledger.recentExecutions(5).map(({ phase }) => phase),
    ledger.intent("c1")?.state,
    ledger.intentsOf("x").map(({ state }) => state),
    ledger.unsettledIntents().map(({ state }) => state),
    ledger.signal("a")?.verdict,
  ];
}

const BEFORE = ["planning", "planning", ["planning"], ["planning"], "recorded", ["recorded"], ["recorded"], undefined];
const AFTER = ["selling", "selling", ["selling"], ["selling"], "posting", ["posting"], ["posting"], "waiting"];

/** One more execution, order or change; whatever there is nothing of yet is left. */
function changeOne(ledger: SqliteLedger, kind: number, number: number): void {
  const executions = ledger.recentExecutions(1_000);
  const orders = executions.flatMap(({ id }) => ledger.intentsOf(id));
  const order = orders.at(number % Math.max(1, orders.length));
  const execute = executions[number % Math.max(1, executions.length)];
  if (kind === 0) ledger.createExecution(execution(`x${String(executions.length)}`, "a"));
  else if (kind < 3 && execute !== undefined)
    ledger.recordIntents([intent(`c${String(orders.length)}`, execute.id, { symbol: number % 2 === 0 ? "SMR" : "LEU" })]);
  else if (kind === 3 && execute !== undefined) ledger.updateExecution(execute.id, { finishedAt: NOW, phase: "settled" });
  else if (order !== undefined) changeOrder(ledger, order, kind);
}

function changeOrder(ledger: SqliteLedger, order: IntentRecord, kind: number): void {
  const state = (["posting", "open", "done", "abandoned", "dropped", "refused"] as const)[kind - 4];
  if (state === undefined || !mayBecome(order, { state })) return;
  ledger.updateIntent(order.clientOrderId, { state, filledQuantity: decimal(state === "done" ? "1" : "0"), updatedAt: NOW });
}

function everyQuery(ledger: SqliteLedger): readonly unknown[] {
  const executions = ledger.recentExecutions(1_000);
  return [
    executions,
    ledger.recentExecutions(2),
    ledger.openExecutions(),
    ledger.executionsOfSignal("a"),
    ledger.executionOfSignal("a"),
    executions.map(({ id }) => [ledger.execution(id), ledger.intentsOf(id).map((each) => [each, ledger.intent(each.clientOrderId)])]),
    ledger.intentsOfSignal("a"),
    ledger.unsettledIntents(),
    ["SMR", "LEU"].map((symbol) => ledger.lastFilledIntent(symbol)),
  ];
}

function change(ledger: SqliteLedger): void {
  ledger.updateExecution("x", { phase: "selling" });
  ledger.updateIntent("c1", { state: "posting", updatedAt: NOW });
  ledger.judgeSignal("a", { kind: "waiting", reason: "Its late legs are waited for." }, NOW);
}

describe("what the ledger remembers of its reads", () => {
  test("is forgotten as soon as it writes to the table", () => {
    const ledger = withOneOrder(":memory:");
    expect(seen(ledger)).toEqual(BEFORE);
    change(ledger);
    expect(seen(ledger)).toEqual(AFTER);
    ledger.createExecution(execution("y", "a"));
    expect(ledger.executionOfSignal("a")?.id).toBe("y");
  });

  test("is forgotten when the transaction in which it was read is rolled back", () => {
    const ledger = withOneOrder(":memory:");
    expect(() =>
      ledger.transaction(() => {
        change(ledger);
        expect(seen(ledger)).toEqual(AFTER);
        throw new Error("killed");
      }),
    ).toThrow("killed");
    expect(seen(ledger)).toEqual(BEFORE);
  });

  test("is forgotten by the next task or transaction when another process writes to the file, whatever it writes", async () => {
    const directory = mkdtempSync(join(tmpdir(), "trader-"));
    const file = join(directory, "ledger.sqlite");
    const ledger = withOneOrder(file);
    const other = openLedger(file);
    expect(seen(ledger)).toEqual(BEFORE);
    change(other);
    ledger.transaction(() => expect(seen(ledger)).toEqual(AFTER));
    const stranger = new DatabaseSync(file);
    stranger.exec("UPDATE executions SET phase = 'buying'");
    await Promise.resolve();
    expect(ledger.execution("x")?.phase).toBe("buying");
    stranger.close();
    other.close();
    ledger.close();
    rmSync(directory, { recursive: true });
  });

  test("is what another process reads, whatever was changed since", async () => {
    const directory = mkdtempSync(join(tmpdir(), "trader-"));
    const ledger = openLedger(join(directory, "ledger.sqlite"));
    ledger.recordSignal(signal("a"), NOW);
    const other = openLedger(join(directory, "ledger.sqlite"));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(9), fc.nat(4)), { minLength: 5, maxLength: 30 }), async (steps) => {
        for (const [kind, number] of steps) {
          changeOne(ledger, kind, number);
          await Promise.resolve();
          expect(everyQuery(ledger)).toEqual(everyQuery(other));
        }
      }),
      { numRuns: 15, seed: 20_261_130 },
    );
    ledger.close();
    other.close();
    rmSync(directory, { recursive: true });
  });

  test("is not spoiled by a caller who changes the list that he was given", () => {
    const ledger = withOneOrder(":memory:");
    ledger.intentsOf("x").pop();
    expect(ledger.intentsOf("x")).toHaveLength(1);
  });

  test("does not grow with the number of different queries", () => {
    const memory = new ReadMemory();
    let reads = 0;
    const ask = (question: number): readonly number[] => memory.recall("intents", `SELECT ${String(question)}`, () => [(reads += 1)]);
    ask(0);
    ask(0);
    expect(reads).toBe(1);
    for (let question = 0; question < 1_000; question += 1) ask(question);
    ask(0);
    expect(reads).toBe(1_001);
  });
});
