import { describe, expect, test } from "@jest/globals";
import { decideBy } from "../../src/strategies/rule-evaluation.ts";
import { nuclearRules } from "../../src/strategies/nuclear.ts";
import { BEAR_MARKET, BULL_MARKET, stocks } from "./calm.ts";
import { allocated, flat, legsText, readingsOf, without } from "./given-readings.ts";

const bull = (values: Readonly<Record<string, number>> = {}) => allocated(nuclearRules, { ...BULL_MARKET, ...values });
const symbolsOf = (allocation: ReturnType<typeof bull>): string => allocation.legs.map(({ symbol }) => symbol).join(" ");

describe("N9: a bull market", () => {
  test("means SPY above its average, not at it", () => {
    expect(bull({ "price of SPY": 580.0000001 }).form).toBe("nuclear");
    const level = decideBy(nuclearRules, readingsOf({ ...BEAR_MARKET, "price of SPY": 580 }));
    expect(level).toMatchObject({ kind: "undecided", symbol: "PSQ" });
  });

  test("holds the three stocks that rose most, best first, weighted by inverse volatility", () => {
    // 1 / 0.8 = 1.25, 1 / 0.4 = 2.5, 1 / 1.6 = 0.625; together 4.375.
    const allocation = bull();
    expect(symbolsOf(allocation)).toBe("SMR LEU OKLO");
    expect(allocation.legs.map(({ weight }) => weight)).toEqual([1.25, 2.5, 0.625].map((part) => expect.closeTo(part / 4.375, 11)));
    expect(allocation.reason).toBe("Bull market - Nuclear portfolio: SMR (28.6%), LEU (57.1%), OKLO (14.3%)");
  });

  test("weights three equal volatilities alike", () => {
    const allocation = bull(stocks({ SMR: [3, 0.5], BWXT: [2, 0.5], LEU: [1, 0.5] }));
    expect(allocation.reason).toBe("Bull market - Nuclear portfolio: SMR (33.4%), BWXT (33.3%), LEU (33.3%)");
  });

  test("keeps the listed order for equal scores", () => {
    const level = Object.fromEntries(["SMR", "BWXT", "LEU", "EXC", "NLR", "OKLO"].map((symbol) => [symbol, [0.3, 0.5] as const]));
    expect(symbolsOf(bull(stocks(level)))).toBe("SMR BWXT LEU");
    expect(symbolsOf(bull(stocks({ ...level, OKLO: [0.30001, 0.5] })))).toBe("OKLO SMR BWXT");
  });

  test("holds three stocks also when all fell", () => {
    const falling = { SMR: [-3, 1], BWXT: [-2, 1], LEU: [-1, 1], EXC: [-4, 1], NLR: [-5, 1], OKLO: [-6, 1] } as const;
    expect(symbolsOf(bull(stocks(falling)))).toBe("LEU BWXT SMR");
  });

  test("counts a volatility of zero as one percent", () => {
    const allocation = bull(stocks({ SMR: [3, 0], BWXT: [2, 0.01], LEU: [1, 0.02] }));
    expect(legsText(allocation)).toBe("SMR 0.4, BWXT 0.4, LEU 0.2");
  });

  test("is undecided when any stock has no score, held or not", () => {
    const values = without(BULL_MARKET, "mean daily return of EXC over 90 days");
    expect(decideBy(nuclearRules, readingsOf(values))).toMatchObject({ kind: "undecided", symbol: "EXC" });
  });

  test("leaves a trace of scores, ranking and volatilities", () => {
    const { trace } = decideBy(nuclearRules, readingsOf({ ...BULL_MARKET, ...stocks({ NLR: [0.3001, 0.3] }) }));
    const regime = trace.at(-1)!;
    expect(regime).toMatchObject({ rule: "N9", held: true, text: "price of SPY 620.00 > SMA(200) of SPY 580.00" });
    expect(flat(regime.below).map(({ text }) => text)).toEqual([
      "mean daily return of SMR over 90 days 0.5000 %",
      "mean daily return of BWXT over 90 days 0.1000 %",
      "mean daily return of LEU over 90 days 0.4000 %",
      "mean daily return of EXC over 90 days 0.0000 %",
      "mean daily return of NLR over 90 days 0.3001 %",
      "mean daily return of OKLO over 90 days 0.3000 %",
      "ranked: SMR 0.5000 %, LEU 0.4000 %, NLR 0.3001 %, OKLO 0.3000 %, BWXT 0.1000 %, EXC 0.0000 %; the first 3 are held",
      "yearly volatility of SMR over 90 days 80.00 %",
      "yearly volatility of LEU over 90 days 40.00 %",
      "yearly volatility of NLR over 90 days 30.00 %",
      "hold SMR 17.6%, LEU 35.3%, NLR 47.1%: Bull market - Nuclear portfolio: SMR (17.6%), LEU (35.3%), NLR (47.1%)",
    ]);
  });
});
