import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/portfolio/money.ts";
import { splitEvidence } from "../../src/portfolio/split.ts";

const judged = (known: string | undefined, held: string | undefined): string | undefined =>
  splitEvidence(known === undefined ? undefined : decimal(known), held === undefined ? undefined : decimal(held));

describe("what a position's quantity says about a split", () => {
  test("the very quantity that our last fill left speaks against one", () => {
    expect(judged("10.123456789", "10.123456789")).toBe("disagrees");
  });

  test.each([
    ["10.5", "21"],
    ["10.5", "105"],
    ["100", "10"],
    ["33.333333333", "3.333333333"],
  ])("%s that have become %s speak for one", (known, held) => {
    expect(judged(known, held)).toBe("agrees");
  });

  test.each([
    [undefined, "10"],
    ["10", undefined],
    ["0", "10"],
    ["10", "13"],
    ["10", "10.000000001"],
  ])("from %s to %s nothing can be told", (known, held) => {
    expect(judged(known, held)).toBeUndefined();
  });
});
