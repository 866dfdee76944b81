import { describe, expect, test } from "@jest/globals";
import { conclusionLines, targetAgainstActual } from "../../src/reporting/outcome-view.ts";
import { plainStyle } from "../../src/reporting/style.ts";
import { AFTER, execution, lineSummary, PLAN_SUMMARY } from "./examples.ts";

const BASE_NOTE = "Weights are shares of $99,000.00, the account without its cash reserve and protected positions.";

describe("target against actual", () => {
  test("has a row for every symbol, what was done about it or why not, and the cash", () => {
    expect(targetAgainstActual(execution(), plainStyle)).toEqual([
      "Target against actual:",
      "  Symbol  Target  Actual       Value   Difference  Action",
      "  BWXT     0.0 %   0.0 %       $0.00        $0.00  sell",
      "  LEU     39.5 %  39.4 %  $39,000.00     -$105.00  left alone: within drift",
      "  OKLO    29.3 %   0.0 %       $0.00  -$29,007.00  left alone: price doubt",
      "  SMR     31.2 %  31.2 %  $30,850.00      -$38.00  buy",
      "  cash                    $30,100.00",
      BASE_NOTE,
    ]);
  });

  test("shows a holding that no plan knew of", () => {
    const accountAfter = { ...AFTER, positions: [...AFTER.positions, { symbol: "TSLA", quantity: "1", marketValue: "300", price: "300" }] };
    expect(targetAgainstActual(execution({ accountAfter }), plainStyle)).toContain(
      "  TSLA         -             $300.00               not in the plan",
    );
  });

  test("gives a protected symbol no target, because zero would be a wrong one", () => {
    const lines = [lineSummary("VTI", { targetWeight: "0", targetValue: "0", action: "none", leftAlone: "protected" })];
    const plan = { selling: { ...PLAN_SUMMARY.selling, sells: [], buys: [], lines } };
    expect(targetAgainstActual(execution({ plan }), plainStyle)).toContain(
      "  VTI          -               $0.00              left alone: protected",
    );
  });

  test("calls a buy that was only expected never sent", () => {
    const rows = targetAgainstActual(execution({ plan: { selling: PLAN_SUMMARY.selling } }), plainStyle);
    expect(rows.find((row) => row.startsWith("  SMR"))).toMatch(/buy never sent$/);
  });

  test("keeps the reason of a sell when the plan of the buys sees the symbol inside its band", () => {
    const sold = { symbol: "LEU", side: "sell" as const, quantity: "5", notional: undefined, estimatedValue: "1083" };
    const trimmed = lineSummary("LEU", { targetWeight: "0.395", targetValue: "39105", action: "sell" });
    const plan = {
      selling: { ...PLAN_SUMMARY.selling, sells: [sold], lines: [trimmed] },
      buying: {
        ...PLAN_SUMMARY.buying!,
        buys: [],
        lines: [lineSummary("LEU", { targetValue: "39105", action: "none", leftAlone: "within-drift" })],
      },
    };
    expect(targetAgainstActual(execution({ plan }), plainStyle).find((row) => row.startsWith("  LEU"))).toMatch(/ {2}sell$/);
  });

  test("never shows an estimate when the account could not be read afterwards", () => {
    const rows = targetAgainstActual(execution({ accountAfter: undefined }), plainStyle);
    expect(rows).toContain("  SMR     31.2 %       ?      ?              buy");
    expect(rows.at(-1)).toBe("The account could not be read afterwards, so the actual weights are not known.");
  });

  test("says when no plan was made", () => {
    expect(targetAgainstActual(execution({ plan: undefined }), plainStyle)).toEqual(["No plan was made."]);
  });
});

describe("the conclusion", () => {
  test("gives outcome, reason and the account's value before and after", () => {
    expect(conclusionLines(execution(), plainStyle)).toEqual([
      "Off target. Left alone: OKLO (price-doubt).",
      "Account value: $100,000.00 -> $99,950.00 (-$50.00, -0.05 %)",
      "Account cash: $59,187.50 -> $30,100.00",
    ]);
  });

  test.each([
    ["on-target", "The account is on target after 2 orders.", "The account is on target after 2 orders."],
    ["incomplete", "The deadline passed.", "Incomplete. The deadline passed."],
    ["queued", "2 orders.", "Queued. 2 orders."],
    ["refused", "Trading is halted.", "Refused, nothing was traded. Trading is halted."],
    ["superseded", "A newer run came.", "Superseded, nothing was sent. A newer run came."],
  ] as const)("says %s in words", (outcome, outcomeReason, sentence) => {
    expect(conclusionLines(execution({ outcome, outcomeReason }), plainStyle)[0]).toBe(sentence);
  });

  test("does not call an open execution finished", () => {
    expect(conclusionLines(execution({ outcome: undefined, outcomeReason: undefined, phase: "buying" }), plainStyle)[0]).toBe(
      "Not finished (buying).",
    );
  });

  test("says that the value afterwards was not read", () => {
    expect(conclusionLines(execution({ accountAfter: undefined }), plainStyle)[1]).toBe(
      "Account value: $100,000.00 before; afterwards not read.",
    );
  });
});
