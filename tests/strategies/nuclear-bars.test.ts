import { describe, expect, test } from "@jest/globals";
import { nuclear } from "../../src/strategies/nuclear.ts";
import type { Allocation } from "../../src/strategies/strategy.ts";
import { allocationOf, flat, legsText } from "./given-readings.ts";
import { barsOf, market, type Wish } from "./market.ts";

type Wishes = Readonly<Record<string, Wish>>;

const BULL: Wishes = { SPY: { earlier: { daysAgo: 160, level: 80 } } };
const BEAR: Wishes = { SPY: { earlier: { daysAgo: 160, level: 120 } }, PSQ: { rsi: { days: 20, target: 50 } } };
const rsi = (target: number, days = 10): Wish => ({ rsi: { days, target } });

const decide = (wishes: Wishes) => nuclear.decide(market(nuclear.symbols, wishes));
const decided = (wishes: Wishes): Allocation => allocationOf(decide(wishes));
const rulesOf = (wishes: Wishes): readonly string[] => flat(decide(wishes).trace).map(({ rule }) => rule);

describe("bars built for a branch lead to it", () => {
  test.each([
    ["N1.1", { SPY: rsi(82) }, "UVXY 1", "SPY extremely overbought (RSI > 81)"],
    ["N1.1", { SPY: rsi(80), IOO: rsi(82) }, "UVXY 1", "IOO extremely overbought (RSI > 81)"],
    ["N1.1", { SPY: rsi(80), TQQQ: rsi(82) }, "UVXY 1", "TQQQ extremely overbought (RSI > 81)"],
    ["N1.1", { SPY: rsi(80), VTV: rsi(82) }, "UVXY 1", "VTV extremely overbought (RSI > 81)"],
    ["N1.1", { SPY: rsi(80), XLF: rsi(82) }, "UVXY 1", "XLF extremely overbought (RSI > 81)"],
    ["N1.2", { SPY: rsi(80), VOX: rsi(90) }, "UVXY 0.75, BTAL 0.25", "SPY overbought (79-81), UVXY 75% + BTAL 25% allocation"],
    ["N2.1", { IOO: rsi(80), XLF: rsi(82) }, "UVXY 1", "XLF extremely overbought (RSI > 81)"],
    ["N2.2", { IOO: rsi(80) }, "UVXY 0.75, BTAL 0.25", "IOO overbought (79-81), UVXY 75% + BTAL 25% allocation"],
    ["N3.1", { TQQQ: rsi(80), VTV: rsi(82) }, "UVXY 1", "VTV extremely overbought (RSI > 81)"],
    ["N3.2", { TQQQ: rsi(80) }, "UVXY 0.75, BTAL 0.25", "TQQQ overbought (79-81), UVXY 75% + BTAL 25% allocation"],
    ["N4.1", { VTV: rsi(80), XLF: rsi(82) }, "UVXY 1", "XLF extremely overbought (RSI > 81)"],
    ["N4.2", { VTV: rsi(80) }, "UVXY 0.75, BTAL 0.25", "VTV overbought (79-81), UVXY 75% + BTAL 25% allocation"],
    ["N5.1", { XLF: rsi(82) }, "UVXY 1", "XLF extremely overbought (RSI > 81)"],
    ["N5.2", { XLF: rsi(80) }, "UVXY 0.75, BTAL 0.25", "XLF overbought (79-81), UVXY 75% + BTAL 25% allocation"],
    ["N6.2", { VOX: rsi(95) }, "UVXY 0.75, BTAL 0.25", "VOX overbought (79-81), UVXY 75% + BTAL 25% allocation"],
    ["N7", { TQQQ: rsi(29) }, "TQQQ 1", "TQQQ oversold, buying dip"],
    ["N8", { SPY: rsi(29) }, "UPRO 1", "SPY oversold, buying dip with leverage"],
  ] satisfies readonly (readonly [string, Wishes, string, string])[])("%s: %j", (rule, wishes, legs, reason) => {
    const allocation = decided(wishes);
    expect([legsText(allocation), allocation.reason]).toEqual([legs, reason]);
    expect(rulesOf(wishes).at(-1)).toBe(rule);
  });

  test("bull: the three best stocks, by the inverse of the deviation of their last ninety returns", () => {
    const stocks = {
      SMR: { returns: { mean: 0.003, swing: 0.02 } },
      BWXT: { returns: { mean: 0.001, swing: 0.01 } },
      LEU: { returns: { mean: 0.002, swing: 0.04 } },
      EXC: { returns: { mean: -0.002, swing: 0.01 } },
      NLR: { returns: { mean: 0.0005, swing: 0.01 } },
      OKLO: { returns: { mean: 0.005, swing: 0.08 } },
    };
    const allocation = decided({ ...BULL, ...stocks });
    expect(allocation.form).toBe("nuclear");
    // 1/8 : 1/2 : 1/4, that is 1 : 4 : 2.
    expect(allocation.legs).toEqual([
      { symbol: "OKLO", weight: expect.closeTo(1 / 7, 9) },
      { symbol: "SMR", weight: expect.closeTo(4 / 7, 9) },
      { symbol: "LEU", weight: expect.closeTo(2 / 7, 9) },
    ]);
    expect(allocation.reason).toBe("Bull market - Nuclear portfolio: OKLO (14.3%), SMR (57.1%), LEU (28.6%)");
  });

  test.each([
    ["B1.1 B2.1", { PSQ: rsi(30) }, "SQQQ"],
    ["B1.2 B2.2", { QQQ: { earlier: { daysAgo: 60, level: 120 } }, TLT: rsi(60, 20), TQQQ: rsi(60) }, "TQQQ"],
    ["B1.4 B2.2", { TLT: rsi(60, 20), TQQQ: rsi(60) }, "TQQQ"],
    ["B1.5 B2.3", { TLT: rsi(40, 20), TQQQ: rsi(60) }, "SQQQ"],
    ["B1.6 B2.5", { TLT: rsi(40, 20), TQQQ: rsi(40), IEF: rsi(60) }, "SQQQ"],
    ["B1.7 B2.4", { TLT: rsi(60, 20), TQQQ: rsi(40), IEF: rsi(40) }, "QQQ"],
    ["B1.8 B2.5", { TLT: rsi(40, 20), TQQQ: rsi(40), IEF: rsi(40) }, "SQQQ"],
  ] satisfies readonly (readonly [string, Wishes, string])[])("bear, %s: %j", (rules, wishes, symbol) => {
    const allocation = decided({ ...BEAR, ...wishes });
    expect(legsText(allocation)).toBe(`${symbol} 1`);
    for (const rule of rules.split(" ")) expect(rulesOf({ ...BEAR, ...wishes })).toContain(rule);
  });

  test.each([
    ["B1.3 B2.3", { QQQ: { earlier: { daysAgo: 60, level: 120 } }, TLT: rsi(40, 20), TQQQ: rsi(60) }, ["PSQ", "SQQQ"]],
    ["B1.2 B2.4", { QQQ: { earlier: { daysAgo: 60, level: 120 } }, TLT: rsi(60, 20), TQQQ: rsi(40) }, ["TQQQ", "QQQ"]],
    ["B1.3 B2.5", { QQQ: { earlier: { daysAgo: 60, level: 120 } }, TLT: rsi(40, 20), TQQQ: rsi(40) }, ["PSQ", "SQQQ"]],
    ["B1.6 B2.4", { TLT: rsi(60, 20), TQQQ: rsi(40), IEF: rsi(60), QQQ: { returns: { mean: 0, swing: 0.01 } } }, ["SQQQ", "QQQ"]],
  ] satisfies readonly (readonly [string, Wishes, readonly [string, string]])[])("bear, %s: %j", (rules, wishes, symbols) => {
    const given = { SQQQ: { returns: { mean: 0, swing: 0.03 } }, ...BEAR, ...wishes };
    const [one, two] = symbols.map((symbol) => 1 / deviation(given, symbol));
    expect(decided(given)).toMatchObject({
      form: "bear",
      legs: [
        { symbol: symbols[0], weight: expect.closeTo(one! / (one! + two!), 9) },
        { symbol: symbols[1], weight: expect.closeTo(two! / (one! + two!), 9) },
      ],
    });
    for (const rule of rules.split(" ")) expect(rulesOf(given)).toContain(rule);
  });
});

/** Of the last 14 returns, and never below the floor of 1 % a year. */
function deviation(wishes: Wishes, symbol: string): number {
  const closes = market([symbol], wishes)
    .get(symbol)!
    .slice(-15)
    .map(({ close }) => close);
  const returns = closes.slice(1).map((close, index) => close / closes[index]! - 1);
  const mean = returns.reduce((sum, each) => sum + each, 0) / 14;
  return Math.sqrt((returns.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 14) * 252);
}

describe("thresholds met exactly by bars, and barely missed", () => {
  const flat400 = Array.from({ length: 398 }, () => 100);
  const ending = (...closes: readonly number[]) => barsOf([...flat400, ...closes]);
  const replaced = (wishes: Wishes, symbol: string, bars: ReturnType<typeof barsOf>): Allocation => {
    const all = new Map(market(nuclear.symbols, wishes));
    all.set(symbol, bars);
    return allocationOf(nuclear.decide(all));
  };

  test("an RSI of 79", () => {
    expect(replaced(BULL, "IOO", ending(179, 160.1)).form).toBe("nuclear");
    expect(replaced(BULL, "IOO", ending(179, 160.100001)).reason).toContain("IOO overbought");
  });

  test("an RSI of 81", () => {
    expect(replaced(BULL, "IOO", ending(190, 171)).form).toBe("hedge");
    expect(replaced(BULL, "IOO", ending(190, 171.000001)).reason).toBe("IOO extremely overbought (RSI > 81)");
  });

  test("an RSI of 30", () => {
    expect(replaced(BULL, "TQQQ", ending(93, 95.7)).form).toBe("nuclear");
    expect(replaced(BULL, "TQQQ", ending(93, 95.699999)).reason).toBe("TQQQ oversold, buying dip");
  });

  test("an RSI of 35", () => {
    expect(replaced({ ...BEAR, PSQ: {} }, "PSQ", ending(93.5, 96.65)).reason).not.toContain("PSQ oversold");
    expect(replaced({ ...BEAR, PSQ: {} }, "PSQ", ending(93.5, 96.649999)).reason).toContain("PSQ oversold");
  });

  test("a price at its average of 200 days, also where binary fractions do not add up", () => {
    const standing = Array.from({ length: 400 }, () => 0.7);
    expect(replaced(BEAR, "SPY", barsOf(standing)).form).not.toBe("nuclear");
    expect(replaced(BEAR, "SPY", barsOf([...standing.slice(0, -2), 0.69, 0.7000001])).form).toBe("nuclear");
  });

  test("a return of −10 % over sixty days", () => {
    const closes = (last: number) => barsOf([...Array.from({ length: 340 }, () => 0.1), ...Array.from({ length: 59 }, () => 0.09), last]);
    const weak = { ...BEAR, TLT: rsi(40, 20), TQQQ: rsi(40), IEF: rsi(40) };
    expect(legsText(replaced(weak, "QQQ", closes(0.09)))).toBe("SQQQ 1");
    expect(legsText(replaced(weak, "QQQ", closes(0.0899999)))).toContain("PSQ");
  });
});

describe("there is no decision", () => {
  test.each(nuclear.symbols)("without %s, whatever the branch", (symbol) => {
    for (const wishes of [BULL, BEAR, { SPY: rsi(82) }]) {
      const bars = new Map(market(nuclear.symbols, wishes));
      bars.delete(symbol);
      expect(nuclear.decide(bars)).toEqual({ kind: "undecided", symbol, reason: `${symbol} has no daily bars.`, trace: [] });
    }
  });

  test.each([
    [89, "undecided"],
    [90, "undecided"],
    [91, "allocate"],
  ])("in a bull market with a stock of %i closes: %s", (length, kind) => {
    const bars = new Map(market(nuclear.symbols, BULL));
    bars.set("OKLO", bars.get("OKLO")!.slice(-length));
    const decision = nuclear.decide(bars);
    expect(decision.kind).toBe(kind);
    expect(decision.kind === "undecided" ? decision.symbol : "OKLO").toBe("OKLO");
  });

  test("with a history too short for the average of SPY", () => {
    const bars = new Map(market(nuclear.symbols, BULL));
    bars.set("SPY", bars.get("SPY")!.slice(-199));
    expect(nuclear.decide(bars)).toMatchObject({ symbol: "SPY", reason: "The SMA(200) of SPY needs 200 closes but has 199." });
  });
});

test("the trace begins with the bars that were used", () => {
  expect(decide(BULL).trace[0]).toEqual({
    rule: "Bars",
    text: "20 symbols, 400 daily bars each, the newest of 2025-07-17",
    held: undefined,
    below: [],
  });
  const bars = new Map(market(nuclear.symbols, BULL));
  bars.set("OKLO", bars.get("OKLO")!.slice(-300));
  expect(nuclear.decide(bars).trace[0]?.text).toBe("20 symbols, 300 to 400 daily bars each, the newest of 2025-07-17");
});
