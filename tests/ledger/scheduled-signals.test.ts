import { describe, expect, test } from "@jest/globals";
import { openLedger, openLedgerImage } from "../../src/ledger/sqlite-ledger.ts";

describe("the ledger of scheduled signals", () => {
  test("knows the outcome for each strategy and session, also after a restart", () => {
    const ledger = openLedger(":memory:");
    const { scheduled } = ledger;
    expect(scheduled.knows("nuclear")).toBe(false);
    scheduled.record({ strategy: "nuclear", session: "2026-11-24", state: "begun", detail: "lines\n" }, 1);
    scheduled.record({ strategy: "nuclear", session: "2026-11-24", state: "written", detail: "done" }, 2);
    scheduled.record({ strategy: "tecl", session: "2026-11-24", state: "missed", detail: "why" }, 3);
    const again = openLedgerImage(ledger.serialize());
    expect(again.scheduled.find("nuclear", "2026-11-24")).toEqual({
      strategy: "nuclear",
      session: "2026-11-24",
      state: "written",
      detail: "done",
    });
    expect(again.scheduled.find("tecl", "2026-11-24")?.state).toBe("missed");
    expect(again.scheduled.find("nuclear", "2026-11-25")).toBeUndefined();
    expect([again.scheduled.knows("nuclear"), again.scheduled.knows("other")]).toEqual([true, false]);
    ledger.close();
    again.close();
  });

  test("forgets what lies four years back", () => {
    const ledger = openLedger(":memory:");
    const day = (index: number): string => new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10);
    for (let index = 0; index < 1_002; index++)
      ledger.scheduled.record({ strategy: "nuclear", session: day(index), state: "written", detail: "" }, index);
    expect([0, 1, 2].map((index) => ledger.scheduled.find("nuclear", day(index)) !== undefined)).toEqual([false, false, true]);
    ledger.close();
  });
});
