import type { PhaseSummary } from "../../src/domain/ledger/summaries.ts";
import { expect, test } from "@jest/globals";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { execution, intent, line, NOW, signal } from "./ledger-examples.ts";

const PHASE: PhaseSummary = { base: "0", spendable: "0", reachesTarget: false, sells: [], buys: [], lines: [] };

test("a key reaches no free text of the ledger, and everything else is written as it was", () => {
  const ledger = openLedger(":memory:", { redact: (text) => text.replaceAll("s3cret/key", "[redacted]") });
  const leak = "sent with s3cret/key";
  ledger.recordLines([line("a-1", { text: leak })]);
  ledger.judgeLines("nuclear", ["a-1"], { kind: "malformed", reason: leak }, NOW);
  ledger.recordHistory("nuclear", leak, NOW);
  ledger.recordSignal(signal("a", { reason: leak }), NOW);
  ledger.judgeSignal("a", { kind: "refused", reason: leak }, NOW);
  ledger.createExecution(execution("x", "a"));
  ledger.updateExecution("x", {
    phase: "settled",
    outcome: "incomplete",
    outcomeReason: leak,
    plan: { selling: { ...PHASE, missing: leak } },
  });
  ledger.recordIntents([intent("c", "x")]);
  ledger.updateIntent("c", { state: "refused", message: leak, updatedAt: NOW });
  ledger.note({ executionId: "x", at: NOW, kind: "answer", text: leak, facts: { headers: { key: leak } } });
  expect(Buffer.from(ledger.serialize()).includes("s3cret/key")).toBe(false);
  expect(ledger.intent("c")).toMatchObject({ ...intent("c", "x"), state: "refused", message: "sent with [redacted]" });
  expect(ledger.execution("x")).toMatchObject({ phase: "settled", plan: { selling: { missing: "sent with [redacted]" } } });
  expect(ledger.notesOf("x")[0]?.facts).toEqual({ headers: { key: "sent with [redacted]" } });
});
