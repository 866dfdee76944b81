import { describe, expect, test } from "@jest/globals";
import { decideBy } from "../../src/strategies/rule-evaluation.ts";
import { teclRules } from "../../src/strategies/tecl.ts";
import { allocated, flat, legsText, readingsOf, without } from "./given-readings.ts";

const CALM = {
  "RSI(10) of TQQQ": 50,
  "RSI(10) of SPY": 50,
  "RSI(10) of SPXL": 50,
  "RSI(10) of UVXY": 50,
  "RSI(10) of XLK": 50,
  "RSI(10) of KMLM": 50,
  "RSI(9) of SQQQ": 50,
  "RSI(9) of BSV": 50,
  "SMA(200) of SPY": 580,
};
const BULL = { ...CALM, "price of SPY": 580.0000001 };
/** Equality is no bull market. */
const BEAR = { ...CALM, "price of SPY": 580 };

const WAYS: readonly (readonly [string, string, Record<string, number>, string, string])[] = [
  [
    "T2.1",
    "TQQQ above 79",
    { ...BULL, "RSI(10) of TQQQ": 79.0000001 },
    "UVXY 0.25, BIL 0.75",
    "Bull market, TQQQ overbought (RSI > 79), UVXY 25% + BIL 75% allocation",
  ],
  [
    "T2.2",
    "SPY above 80",
    { ...BULL, "RSI(10) of TQQQ": 79, "RSI(10) of SPY": 80.0000001 },
    "UVXY 0.25, BIL 0.75",
    "Bull market, SPY overbought (RSI > 80), UVXY 25% + BIL 75% allocation",
  ],
  ["T4.3.2", "SPY at 80, technology level", { ...BULL, "RSI(10) of SPY": 80 }, "BIL 1", "Bull market, technology weak, waiting in bills"],
  ["T4.2", "technology stronger", { ...BULL, "RSI(10) of XLK": 50.0000001 }, "TECL 1", "Technology stronger than managed futures"],
  ["T4.2", "technology at 81", { ...BULL, "RSI(10) of XLK": 81 }, "TECL 1", "Technology stronger than managed futures"],
  [
    "T4.2",
    "technology above 81",
    { ...BULL, "RSI(10) of XLK": 81.0000001 },
    "BIL 1",
    "Technology strong but overbought (XLK RSI > 81), waiting in bills",
  ],
  ["T4.3.1", "technology below 29", { ...BULL, "RSI(10) of XLK": 28.9999999 }, "TECL 1", "Technology oversold (XLK RSI < 29), buying dip"],
  ["T4.3.2", "technology at 29", { ...BULL, "RSI(10) of XLK": 29 }, "BIL 1", "Bull market, technology weak, waiting in bills"],
  ["T3.1", "bear, TQQQ below 31", { ...BEAR, "RSI(10) of TQQQ": 30.9999999 }, "TECL 1", "Bear market, TQQQ oversold, buying dip with TECL"],
  [
    "T3.2",
    "bear, SPXL below 29",
    { ...BEAR, "RSI(10) of TQQQ": 31, "RSI(10) of SPXL": 28.9999999 },
    "SPXL 1",
    "Bear market, SPXL oversold, buying dip",
  ],
  [
    "T3.3",
    "bear, UVXY above 84",
    { ...BEAR, "RSI(10) of SPXL": 29, "RSI(10) of UVXY": 84.0000001 },
    "UVXY 0.15, BIL 0.85",
    "Bear market, volatility spiking (UVXY RSI > 84), UVXY 15% + BIL 85% allocation",
  ],
  [
    "T3.4",
    "bear, UVXY at 84",
    { ...BEAR, "RSI(10) of UVXY": 84 },
    "BIL 1",
    "Bear market, volatility high (UVXY RSI 74-84), waiting in bills",
  ],
  [
    "T3.4",
    "bear, UVXY above 74",
    { ...BEAR, "RSI(10) of UVXY": 74.0000001 },
    "BIL 1",
    "Bear market, volatility high (UVXY RSI 74-84), waiting in bills",
  ],
  [
    "T4.2",
    "bear, UVXY at 74, technology stronger",
    { ...BEAR, "RSI(10) of UVXY": 74, "RSI(10) of XLK": 60 },
    "TECL 1",
    "Technology stronger than managed futures",
  ],
  ["T4.3.1", "bear, technology below 29", { ...BEAR, "RSI(10) of XLK": 20 }, "TECL 1", "Technology oversold (XLK RSI < 29), buying dip"],
  ["T4.3.3", "bear, SQQQ level with BSV", BEAR, "SQQQ 1", "Bear market, technology weak, short tech"],
  [
    "T4.3.3",
    "bear, BSV stronger",
    { ...BEAR, "RSI(9) of BSV": 50.0000001 },
    "BSV 1",
    "Bear market, technology weak, short bonds stronger than short tech",
  ],
];

describe("TECL", () => {
  test.each(WAYS)("%s: %s", (rule, _, values, legs, reason) => {
    const allocation = allocated(teclRules, values);
    expect(legsText(allocation)).toBe(legs);
    expect(allocation.reason).toBe(reason);
    expect(allocation.form).toBe(allocation.legs.length === 1 ? "single" : "blend");
    expect(flat(decideBy(teclRules, readingsOf(values)).trace).at(-1)).toMatchObject({ rule, held: undefined });
  });

  test("in a bull market, readings used only in a bear market are not needed", () => {
    const values = without(BULL, "RSI(10) of SPXL", "RSI(10) of UVXY");
    expect(legsText(allocated(teclRules, values))).toBe("BIL 1");
  });

  test.each([
    ["SPY", "price of SPY", BULL],
    ["TQQQ", "RSI(10) of TQQQ", BULL],
    ["KMLM", "RSI(10) of KMLM", BULL],
    ["SPXL", "RSI(10) of SPXL", BEAR],
    ["UVXY", "RSI(10) of UVXY", BEAR],
    ["BSV", "RSI(9) of BSV", BEAR],
  ])("without a needed reading of %s there is no decision: no rule is skipped, no bills are bought", (symbol, name, values) => {
    expect(decideBy(teclRules, readingsOf(without(values, name)))).toMatchObject({ kind: "undecided", symbol });
  });
});
