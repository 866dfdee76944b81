import { describe, expect, test } from "@jest/globals";
import { legsIn, legsText } from "../../src/intake/legs.ts";
import { weightIn } from "../../src/intake/weights.ts";
import {
  blend,
  hedge,
  portfolio,
  single,
  allocationText,
  oneDecimalPercent,
  portfolioPercents,
  wholePercent,
} from "../../src/strategies/allocations.ts";

const THREE = [
  { symbol: "SMR", weight: 0.3124 },
  { symbol: "LEU", weight: 0.3951 },
  { symbol: "OKLO", weight: 0.2925 },
];

/** The legs that the reader of alert lines finds in a reason. */
function named(reason: string, symbol: string): string | undefined {
  const found = legsIn(reason, symbol);
  return found.kind === "legs" ? legsText(found.legs) : undefined;
}

describe("the reader of alert lines finds in a reason", () => {
  test("all legs of the nuclear portfolio", () => {
    const { reason } = portfolio("nuclear", "Bull market - Nuclear portfolio", THREE);
    expect(reason).toBe("Bull market - Nuclear portfolio: SMR (31.2%), LEU (39.5%), OKLO (29.3%)");
    expect(named(reason, "SMR")).toBe("SMR 31.2%, LEU 39.5%, OKLO 29.3%");
  });

  test("both legs of the bear portfolio", () => {
    const { reason } = portfolio("bear", "Bear market portfolio", [
      { symbol: "SQQQ", weight: 1 / 3 },
      { symbol: "QQQ", weight: 2 / 3 },
    ]);
    expect(named(reason, "QQQ")).toBe("SQQQ 33.3%, QQQ 66.7%");
  });

  test("both legs of the hedge", () => {
    expect(named(hedge("SPY overbought (79-81)").reason, "BTAL")).toBe("UVXY 75%, BTAL 25%");
  });

  test("both legs of a blend", () => {
    const legs = [
      { symbol: "UVXY", weight: 0.15 },
      { symbol: "BIL", weight: 0.85 },
    ];
    expect(named(blend("Bear market, volatility spiking (UVXY RSI > 84)", legs).reason, "BIL")).toBe("UVXY 15%, BIL 85%");
  });

  test("no percentage when everything is in one symbol", () => {
    const { reason } = single("UVXY", "SPY extremely overbought (RSI > 81)");
    expect(weightIn(reason)).toEqual({ kind: "none" });
    expect(named(reason, "UVXY")).toBeUndefined();
  });
});

describe("percentages", () => {
  test.each([
    [0.3124, "31.2%"],
    [0.0999, "10.0%"],
    [1 / 3, "33.3%"],
    [1, "100.0%"],
  ])("%d with one decimal is %s", (weight, text) => {
    expect(oneDecimalPercent(weight)).toBe(text);
  });

  test.each([
    [
      [1 / 3, 1 / 3, 1 / 3],
      ["33.4%", "33.3%", "33.3%"],
    ],
    [
      [0.3125, 0.3945, 0.293],
      ["31.3%", "39.4%", "29.3%"],
    ],
    [
      [0.6666, 0.3334],
      ["66.7%", "33.3%"],
    ],
    [
      [0.29, 0.71],
      ["29.0%", "71.0%"],
    ],
    [[1], ["100.0%"]],
  ])("%j of one portfolio add up to 100.0", (weights, texts) => {
    expect(portfolioPercents(weights)).toEqual(texts);
  });

  test.each([
    [0.75, "75%"],
    [0.15, "15%"],
    [0.29, "29%"],
    [1, "100%"],
  ])("%d in whole percent is %s", (weight, text) => {
    expect(wholePercent(weight)).toBe(text);
  });

  test("an allocation is shown as it is written", () => {
    expect(allocationText(hedge("x"))).toBe("UVXY 75%, BTAL 25%");
    expect(allocationText(portfolio("nuclear", "x", THREE))).toBe("SMR 31.2%, LEU 39.5%, OKLO 29.3%");
  });
});
