import { expect, test } from "@jest/globals";
import { laterExits } from "../../src/accounts/strategy-targets.ts";
import type { SignalRecord } from "../../src/domain/ledger/signals.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { VerdictKind } from "../../src/domain/verdict.ts";
import { NOW, signal } from "../ledger/ledger-examples.ts";

const BUY: Signal = { ...signal("buy"), generatedAt: NOW };
const SELL: Signal = { ...signal("sell"), kind: "exit", exits: ["SMR"], generatedAt: NOW + 10_000 };

/** Only its verdict is looked at. */
function recorded(verdict: VerdictKind | undefined): SignalRecord {
  return { signal: SELL, verdict } as unknown as SignalRecord;
}

test.each([undefined, "accepted", "executed", "duplicate", "superseded", "stale"] as const)(
  "a SELL that ended %s takes its symbol out of an older run: it is never bought back",
  (verdict) => {
    expect([...laterExits(BUY, [recorded(verdict)], [])]).toEqual(["SMR"]);
  },
);

test.each(["malformed", "over-allocated"] as const)("a SELL that was refused as %s changes nothing", (verdict) => {
  expect(laterExits(BUY, [recorded(verdict)], []).size).toBe(0);
});
