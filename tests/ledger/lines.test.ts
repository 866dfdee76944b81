import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Verdict } from "../../src/domain/verdict.ts";
import { FINAL_VERDICTS, PROVISIONAL_VERDICTS } from "../../src/domain/verdict.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { line, NOW } from "./ledger-examples.ts";

const CLOSED: Verdict = { kind: "market-closed", reason: "The market opens at 09:30 New York time." };
const EXECUTED: Verdict = { kind: "executed", reason: "On target after 3 orders." };
const STALE: Verdict = { kind: "stale", reason: "It is 301 s old; at most 300 s are allowed." };

describe("alert lines", () => {
  test("a recorded line is read back exactly, whatever characters it holds", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 200 }),
        fc.option(fc.integer({ min: 0, max: 4e12 }), { nil: undefined }),
        (text, stamp) => {
          const ledger = openLedger(":memory:");
          ledger.recordLines([line("a", { text, stamp })]);
          expect(ledger.lines("nuclear", ["a", "b"])).toEqual(
            new Map([["a", { ...line("a", { text, stamp }), verdict: undefined, reason: undefined, signalId: undefined }]]),
          );
          ledger.close();
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });

  test("a line that is seen again keeps what was recorded first", () => {
    const ledger = openLedger(":memory:");
    ledger.recordLines([line("a")]);
    ledger.recordLines([line("a", { firstSeenAt: NOW + 9_000, text: "other" }), line("b")]);
    expect(ledger.lines("nuclear", ["a"]).get("a")?.firstSeenAt).toBe(NOW);
    expect(ledger.lines("nuclear", ["a", "b"]).size).toBe(2);
  });

  test("the same line of two strategies is two lines", () => {
    const ledger = openLedger(":memory:");
    ledger.recordLines([line("a"), line("a", { strategy: "tecl" })]);
    ledger.judgeLines("nuclear", ["a"], STALE, NOW);
    expect(ledger.lines("tecl", ["a"]).get("a")?.verdict).toBeUndefined();
    expect(ledger.lines("nuclear", ["a"]).get("a")?.verdict).toBe("stale");
  });

  test("a line of megabytes is kept as its first 4,096 characters", () => {
    const ledger = openLedger(":memory:");
    ledger.recordLines([line("a", { text: "x".repeat(3_000_000) })]);
    expect(ledger.lines("nuclear", ["a"]).get("a")?.text).toHaveLength(4096);
  });

  test("hashes with quotes are only looked for, never run", () => {
    const ledger = openLedger(":memory:");
    const hash = `a'"]); DROP TABLE lines; --`;
    ledger.recordLines([line(hash)]);
    expect(ledger.lines("nuclear", [hash]).size).toBe(1);
  });
});

describe("verdicts of lines", () => {
  test("a verdict for now is replaced, and the history keeps both, newest first", () => {
    const ledger = openLedger(":memory:");
    ledger.recordLines([line("a"), line("b")]);
    ledger.judgeLines("nuclear", ["a", "b"], CLOSED, NOW, "sig");
    ledger.judgeLines("nuclear", ["a"], EXECUTED, NOW + 1);
    expect(ledger.lines("nuclear", ["a"]).get("a")).toMatchObject({ verdict: "executed", reason: EXECUTED.reason, signalId: "sig" });
    expect(ledger.lines("nuclear", ["b"]).get("b")).toMatchObject({ verdict: "market-closed", signalId: "sig" });
    expect(ledger.recentVerdicts(10)).toEqual([
      { at: NOW + 1, strategy: "nuclear", verdict: "executed", reason: EXECUTED.reason, signalId: undefined, lines: 1 },
      { at: NOW, strategy: "nuclear", verdict: "market-closed", reason: CLOSED.reason, signalId: "sig", lines: 2 },
    ]);
  });

  test("no verdict replaces a final one, whichever they are", () => {
    for (const final of FINAL_VERDICTS)
      for (const later of [...FINAL_VERDICTS, ...PROVISIONAL_VERDICTS, "history"] as const) {
        const ledger = openLedger(":memory:");
        ledger.recordLines([line("a")]);
        ledger.judgeLines("nuclear", ["a"], { kind: final, reason: "first" }, NOW, "one");
        ledger.judgeLines("nuclear", ["a"], { kind: later, reason: "second" }, NOW + 1, "two");
        expect(ledger.lines("nuclear", ["a"]).get("a")).toMatchObject({ verdict: final, reason: "first", signalId: "one" });
        expect(ledger.recentVerdicts(10)).toHaveLength(1);
        ledger.close();
      }
  });

  test("saying the same again adds nothing to the history, but may name the signal", () => {
    const ledger = openLedger(":memory:");
    ledger.recordLines([line("a")]);
    ledger.judgeLines("nuclear", ["a"], CLOSED, NOW);
    ledger.judgeLines("nuclear", ["a"], CLOSED, NOW + 1, "sig");
    ledger.judgeLines("nuclear", ["a"], { ...CLOSED, reason: "Another reason." }, NOW + 2);
    expect(ledger.recentVerdicts(10).map((spoken) => spoken.at)).toEqual([NOW + 2, NOW]);
    expect(ledger.lines("nuclear", ["a"]).get("a")?.signalId).toBe("sig");
  });

  test("lines before the first fresh one are reported once, even by a daemon that restarts over and over", () => {
    const ledger = openLedger(":memory:");
    for (let start = 0; start < 5; start++) ledger.recordHistory("nuclear", "812 lines are older than 300 s.", NOW + start);
    ledger.recordHistory("nuclear", "815 lines are older than 300 s.", NOW + 9);
    expect(ledger.recentVerdicts(10).map((spoken) => [spoken.verdict, spoken.reason, spoken.lines])).toEqual([
      ["history", "815 lines are older than 300 s.", 0],
      ["history", "812 lines are older than 300 s.", 0],
    ]);
  });
});
