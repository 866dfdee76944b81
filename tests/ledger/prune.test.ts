import { describe, expect, test } from "@jest/globals";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { execution, line, NOW, signal } from "./ledger-examples.ts";

const DAY = 86_400_000;

describe("pruning", () => {
  test("old lines, signals and verdicts go; what an execution refers to and what is recent stays", () => {
    const ledger = openLedger(":memory:");
    for (const [id, at] of [
      ["acted", NOW],
      ["idle", NOW],
      ["recent", NOW + DAY],
    ] as const) {
      ledger.recordLines([line(`${id}-1`, { firstSeenAt: at, stamp: at })]);
      ledger.recordSignal(signal(id, { generatedAt: at, lineHashes: [`${id}-1`] }), at);
      if (id === "acted") ledger.createExecution(execution("x", id));
      ledger.judgeSignal(id, { kind: "superseded", reason: `${id} is over` }, at);
    }
    expect(ledger.prune(NOW + DAY)).toEqual({ lines: 1, verdicts: 1, signals: 1, recordings: 0 });
    expect([...ledger.lines("nuclear", ["acted-1", "idle-1", "recent-1"]).keys()].toSorted()).toEqual(["acted-1", "recent-1"]);
    expect(ledger.recentSignals(9).map((record) => record.signal.id)).toEqual(["recent", "acted"]);
    expect(ledger.recentVerdicts(9).map(({ signalId }) => signalId)).toEqual(["recent", "acted"]);
    expect(ledger.prune(NOW + DAY)).toEqual({ lines: 0, verdicts: 0, signals: 0, recordings: 0 });
  });

  test("a line stamped ahead of its time stays known until its stamp is old, so that it never looks new", () => {
    const ledger = openLedger(":memory:");
    ledger.recordLines([line("ahead", { stamp: NOW + 3 * DAY })]);
    ledger.judgeLines("nuclear", ["ahead"], { kind: "future", reason: "It is 3 days ahead." }, NOW);
    ledger.prune(NOW + 2 * DAY);
    expect(ledger.lines("nuclear", ["ahead"]).get("ahead")?.verdict).toBe("future");
    ledger.prune(NOW + 4 * DAY);
    expect(ledger.lines("nuclear", ["ahead"]).size).toBe(0);
  });

  test("months of a strategy that talks all day leave a ledger of the size of a week", () => {
    const ledger = openLedger(":memory:");
    let week = 0;
    for (let day = 0; day < 60; day++) {
      ledger.transaction(() => {
        for (let index = 0; index < 60; index++) {
          const hash = `${String(day)}-${String(index)}`;
          ledger.recordLines([line(hash, { firstSeenAt: NOW + day * DAY, stamp: NOW + day * DAY })]);
          ledger.judgeLines("nuclear", [hash], { kind: "held", reason: `Day ${String(day)}.` }, NOW + day * DAY);
        }
      });
      ledger.prune(NOW + (day - 7) * DAY);
      if (day === 8) week = ledger.serialize().length;
    }
    expect(ledger.serialize().length).toBeLessThanOrEqual(week * 1.2);
  });
});
