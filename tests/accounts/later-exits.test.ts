import { expect, test } from "@jest/globals";
import { laterExits, type ExitsUntil } from "../../src/accounts/strategy-targets.ts";
import type { SignalRecord } from "../../src/domain/ledger/signals.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { VerdictKind } from "../../src/domain/verdict.ts";
import { NOW, signal } from "../ledger/ledger-examples.ts";

const BUY: Signal = { ...signal("buy"), generatedAt: NOW };
const SELL: Signal = {
  ...signal("sell"),
  kind: "exit",
  exits: ["SMR"],
  generatedAt: NOW + 10_000,
  oldestStamp: NOW + 10_000,
  arrivedAt: NOW + 10_000,
};

const UNTIL: ExitsUntil = { waiting: [], signalMaxAgeSeconds: 300 };

/** @param afterMs how old the SELL was when it was recorded. */
function recorded(verdict: VerdictKind | undefined, afterMs = 1_000): SignalRecord {
  const { generatedAt } = SELL;
  return { signal: SELL, verdict, recordedAt: generatedAt + afterMs, verdictReason: undefined, verdictAt: undefined };
}

test.each([undefined, "accepted", "executed", "duplicate", "superseded", "stale"] as const)(
  "a SELL that was accepted and ended %s takes its symbol out of an older run: it is never bought back",
  (verdict) => {
    expect([...laterExits(BUY, [recorded(verdict)], UNTIL)]).toEqual(["SMR"]);
  },
);

test.each(["malformed", "over-allocated"] as const)("a SELL that was refused as %s changes nothing", (verdict) => {
  expect(laterExits(BUY, [recorded(verdict)], UNTIL).size).toBe(0);
});

test("a SELL that was stale before anybody read it changes nothing: an older run would sell on it", () => {
  expect(laterExits(BUY, [recorded("stale", 301_000)], UNTIL).size).toBe(0);
});
