import { describe, expect, test } from "@jest/globals";
import { figuresApart } from "../../src/strategies/figures.ts";
import { TRACE_LEGEND, traceLines, type TraceStep } from "../../src/strategies/strategy.ts";

const step = (rule: string, held: boolean | undefined, ...below: readonly TraceStep[]): TraceStep => ({
  rule,
  text: `${rule} text`,
  held,
  below,
});

describe("the trace as text", () => {
  test("is a tree with one line per step, marked by its result", () => {
    const trace = [step("N1", false), step("N2", true, step("A", true, step("B", undefined)), step("C", false)), step("D", undefined)];
    expect(traceLines(trace)).toEqual([
      "✗ N1: N1 text",
      "✓ N2: N2 text",
      "├ ✓ A: A text",
      "│ └ · B: B text",
      "└ ✗ C: C text",
      "· D: D text",
    ]);
    expect(TRACE_LEGEND).toBe("✓ holds   ✗ does not hold   · measured or concluded");
  });
});

describe("numbers for people", () => {
  test.each([
    [
      [82.41234, 79],
      ["82.41", "79.00"],
    ],
    [
      [79.004, 79],
      ["79.004", "79.000"],
    ],
    [
      [79, 79],
      ["79.00", "79.00"],
    ],
    [
      [79.0000000001, 79],
      ["79.0000000001", "79.0000000000"],
    ],
    [
      [-0.001, 0.4],
      ["0.00", "0.40"],
    ],
    [
      [1, 1 + 2 ** -52],
      ["1", "1.0000000000000002"],
    ],
  ])("%j are shown as %j", (values, shown) => {
    expect(figuresApart(values)).toEqual(shown);
  });
});
