import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "@jest/globals";
import { ReadMemory } from "../../src/ledger/read-memory.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { execution, inTemporaryDirectory, intent, NOW, signal } from "./ledger-examples.ts";

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

  test("is forgotten when another process writes to the file, whatever it writes", () =>
    inTemporaryDirectory((directory) => {
      const file = join(directory, "ledger.sqlite");
      const ledger = withOneOrder(file);
      const other = openLedger(file);
      expect(seen(ledger)).toEqual(BEFORE);
      change(other);
      expect(seen(ledger)).toEqual(AFTER);
      const stranger = new DatabaseSync(file);
      stranger.exec("UPDATE executions SET phase = 'buying'");
      expect(ledger.execution("x")?.phase).toBe("buying");
      stranger.close();
      other.close();
      ledger.close();
    }));

  test("is not spoiled by a caller who changes the list that he was given", () => {
    const ledger = withOneOrder(":memory:");
    ledger.intentsOf("x").pop();
    expect(ledger.intentsOf("x")).toHaveLength(1);
  });

  test("does not grow with the number of things that were ever asked for", () => {
    const memory = new ReadMemory();
    let reads = 0;
    const ask = (question: number): number => memory.recall("intents", "SELECT", String(question), () => (reads += 1));
    ask(0);
    ask(0);
    expect(reads).toBe(1);
    for (let question = 0; question < 1_000; question += 1) ask(question);
    ask(0);
    expect(reads).toBe(1_001);
  });
});
