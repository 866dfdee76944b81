import { describe, expect, test } from "@jest/globals";
import { decideBy } from "../../src/strategies/rule-evaluation.ts";
import { nuclearRules } from "../../src/strategies/nuclear.ts";
import { traceLines } from "../../src/strategies/strategy.ts";
import { bearMarket, type BearAnswers } from "./calm.ts";
import { allocated, flat, legsText, readingsOf, without } from "./given-readings.ts";

const bear = (answers: BearAnswers, values: Readonly<Record<string, number>> = {}) =>
  allocated(nuclearRules, { ...bearMarket(answers), ...values });

/** The rules that the two strategies ended at. */
const chosen = (answers: BearAnswers): string =>
  flat(decideBy(nuclearRules, readingsOf(bearMarket(answers))).trace)
    .filter(({ text }) => text.startsWith("choose"))
    .map(({ rule }) => rule)
    .join(" ");

const answersOf = (yes: string): BearAnswers => ({
  psqOversold: yes.includes("P"),
  qqqWeak: yes.includes("W"),
  tqqqRising: yes.includes("R"),
  longBondsStrong: yes.includes("L"),
  mediumBondsStrong: yes.includes("M"),
});

describe("a bear market in which both strategies agree", () => {
  test.each([
    ["P", "B1.1 B2.1", "SQQQ", "PSQ oversold, aggressive short position (Bear 1)"],
    ["PWRLM", "B1.1 B2.1", "SQQQ", "PSQ oversold, aggressive short position (Bear 1)"],
    ["WRL", "B1.2 B2.2", "TQQQ", "Bonds strong vs PSQ, contrarian TQQQ buy (Bear 1)"],
    ["RL", "B1.4 B2.2", "TQQQ", "TQQQ trending up, bonds strong (Bear 1)"],
    ["R", "B1.5 B2.3", "SQQQ", "TQQQ up but bonds weak, short position (Bear 1)"],
    ["M", "B1.6 B2.5", "SQQQ", "TQQQ weak, IEF strong, short position (Bear 1)"],
    ["L", "B1.7 B2.4", "QQQ", "TQQQ weak but bonds strong, neutral QQQ (Bear 1)"],
    ["", "B1.8 B2.5", "SQQQ", "TQQQ weak, bonds weak, short position (Bear 1)"],
  ])("%s: %s, all in %s", (yes, rules, symbol, reason) => {
    const allocation = bear(answersOf(yes));
    expect(chosen(answersOf(yes))).toBe(rules);
    expect(allocation).toEqual({ form: "single", legs: [{ symbol, weight: 1 }], reason });
  });
});

describe("a bear market in which they differ", () => {
  test.each([
    ["WR", "B1.3 B2.3", "PSQ 0.75, SQQQ 0.25", "Bear market portfolio: PSQ (75.0%), SQQQ (25.0%)"],
    ["WL", "B1.2 B2.4", "TQQQ 0.25, QQQ 0.75", "Bear market portfolio: TQQQ (25.0%), QQQ (75.0%)"],
    ["W", "B1.3 B2.5", "PSQ 0.75, SQQQ 0.25", "Bear market portfolio: PSQ (75.0%), SQQQ (25.0%)"],
    ["ML", "B1.6 B2.4", "SQQQ 0.333333333333, QQQ 0.666666666667", "Bear market portfolio: SQQQ (33.3%), QQQ (66.7%)"],
  ])("%s: %s, by the inverse of volatility: %s", (yes, rules, legs, reason) => {
    const allocation = bear(answersOf(yes));
    expect(chosen(answersOf(yes))).toBe(rules);
    expect(legsText(allocation)).toBe(legs);
    expect(allocation).toMatchObject({ form: "bear", reason });
  });

  const volatilities = (psq: number, sqqq: number): Record<string, number> => ({
    "yearly volatility of PSQ over 14 days": psq,
    "yearly volatility of SQQQ over 14 days": sqqq,
  });

  test("a leg of one percent or less is dropped, and the other is held alone", () => {
    expect(bear(answersOf("W"), volatilities(0.012, 1.188))).toEqual({
      form: "single",
      legs: [{ symbol: "PSQ", weight: 1 }],
      reason: "QQQ weak, defensive short position (Bear 1)",
    });
    expect(bear(answersOf("W"), volatilities(3, 0.02))).toEqual({
      form: "single",
      legs: [{ symbol: "SQQQ", weight: 1 }],
      reason: "TQQQ weak, bonds weak, short position (Bear 2)",
    });
  });

  test("a leg of slightly more than one percent is kept", () => {
    expect(legsText(bear(answersOf("W"), volatilities(0.012, 1.18799)))).toBe("PSQ 0.989999916666, SQQQ 0.010000083334");
  });

  test("a volatility of zero counts as one percent", () => {
    expect(legsText(bear(answersOf("W"), volatilities(0, 0.03)))).toBe("PSQ 0.75, SQQQ 0.25");
  });

  test("without a volatility there is no decision, and no leg takes everything", () => {
    const values = without(bearMarket(answersOf("W")), "yearly volatility of SQQQ over 14 days");
    expect(decideBy(nuclearRules, readingsOf(values))).toMatchObject({ kind: "undecided", symbol: "SQQQ" });
  });
});

describe("the comparisons are strict", () => {
  const ends = (yes: string, values: Readonly<Record<string, number>>): string =>
    flat(decideBy(nuclearRules, readingsOf({ ...bearMarket(answersOf(yes)), ...values })).trace)
      .filter(({ text }) => text.startsWith("choose"))
      .map(({ rule }) => rule)
      .join(" ");

  test.each([
    ["PSQ at 35 is not oversold", "P", { "RSI(10) of PSQ": 35 }, "B1.8 B2.5"],
    ["PSQ below 35 is", "", { "RSI(10) of PSQ": 34.9999999 }, "B1.1 B2.1"],
    ["QQQ at −10 % is not weak", "W", { "60-day return of QQQ": -10 }, "B1.8 B2.5"],
    ["QQQ below −10 % is", "", { "60-day return of QQQ": -10.0000001 }, "B1.3 B2.5"],
    ["TQQQ at its average is not rising", "R", { "price of TQQQ": 80 }, "B1.8 B2.5"],
    ["TQQQ above its average is", "", { "price of TQQQ": 80.0000001 }, "B1.5 B2.3"],
    ["TLT level with PSQ is not strong, weak QQQ", "WL", { "RSI(20) of TLT": 50 }, "B1.3 B2.5"],
    ["TLT level with PSQ is not strong, rising TQQQ", "RL", { "RSI(20) of TLT": 50 }, "B1.5 B2.3"],
    ["TLT level with PSQ is not strong, weak TQQQ", "L", { "RSI(20) of TLT": 50 }, "B1.8 B2.5"],
    ["TLT above PSQ is", "", { "RSI(20) of TLT": 50.0000001 }, "B1.7 B2.4"],
    ["IEF level with PSQ is not strong", "M", { "RSI(10) of IEF": 50 }, "B1.8 B2.5"],
    ["IEF above PSQ is", "", { "RSI(10) of IEF": 50.0000001 }, "B1.6 B2.5"],
  ])("%s", (_, yes, values, rules) => {
    expect(ends(yes, values)).toBe(rules);
  });

  test("the trace shows enough digits to explain the result", () => {
    const { trace } = decideBy(nuclearRules, readingsOf({ ...bearMarket(answersOf("")), "RSI(20) of TLT": 50.0000001 }));
    expect(flat(trace).map(({ text }) => text)).toContain("RSI(20) of TLT 50.0000001 > RSI(20) of PSQ 50.0000000");
  });
});

test("the trace shows each strategy, and how they are combined, below the regime", () => {
  const { trace } = decideBy(nuclearRules, readingsOf(bearMarket(answersOf("WR"))));
  expect(traceLines(trace.slice(-1))).toEqual([
    "✗ N9: price of SPY 550.00 > SMA(200) of SPY 580.00",
    "├ · BEAR: Bear 1",
    "│ ├ ✗ B1.1: RSI(10) of PSQ 50.00 < 35",
    "│ └ ✓ B1.2: 60-day return of QQQ -20.00 % < -10 %",
    "│   ├ ✗ B1.2: RSI(20) of TLT 40.00 > RSI(20) of PSQ 50.00",
    "│   └ · B1.3: choose PSQ: QQQ weak, defensive short position (Bear 1)",
    "├ · BEAR: Bear 2",
    "│ ├ ✗ B2.1: RSI(10) of PSQ 50.00 < 35",
    "│ └ ✓ B2.2: price of TQQQ 90.00 > SMA(20) of TQQQ 80.00",
    "│   ├ ✗ B2.2: RSI(20) of TLT 40.00 > RSI(20) of PSQ 50.00",
    "│   └ · B2.3: choose SQQQ: TQQQ up but bonds weak, short position (Bear 2)",
    "└ · BEAR: they differ: PSQ and SQQQ by inverse volatility",
    "  ├ · BEAR: yearly volatility of PSQ over 14 days 20.00 %",
    "  ├ · BEAR: yearly volatility of SQQQ over 14 days 60.00 %",
    "  └ · BEAR: hold PSQ 75.0%, SQQQ 25.0%: Bear market portfolio: PSQ (75.0%), SQQQ (25.0%)",
  ]);
});
