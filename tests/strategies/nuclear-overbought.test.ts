import { describe, expect, test } from "@jest/globals";
import { decideBy } from "../../src/strategies/rule-evaluation.ts";
import { nuclearRules } from "../../src/strategies/nuclear.ts";
import { BULL_MARKET, CALM } from "./calm.ts";
import { allocated, flat, legsText, readingsOf } from "./given-readings.ts";

const HEDGE = "UVXY 0.75, BTAL 0.25";
const LADDER: readonly (readonly [string, string, readonly string[]])[] = [
  ["N1", "SPY", ["SPY", "IOO", "TQQQ", "VTV", "XLF"]],
  ["N2", "IOO", ["IOO", "TQQQ", "VTV", "XLF"]],
  ["N3", "TQQQ", ["TQQQ", "VTV", "XLF"]],
  ["N4", "VTV", ["VTV", "XLF"]],
  ["N5", "XLF", ["XLF"]],
  ["N6", "VOX", []],
];

const rsi = (symbol: string, value: number): Record<string, number> => ({ [`RSI(10) of ${symbol}`]: value });
const decided = (...given: readonly Record<string, number>[]) =>
  allocated(
    nuclearRules,
    given.reduce<Record<string, number>>((all, each) => ({ ...all, ...each }), BULL_MARKET),
  );

describe.each(LADDER)("%s: %s overbought", (_, symbol) => {
  test("calls for the hedge", () => {
    const allocation = decided(rsi(symbol, 80));
    expect(allocation.form).toBe("hedge");
    expect(legsText(allocation)).toBe(HEDGE);
    expect(allocation.reason).toBe(`${symbol} overbought (79-81), UVXY 75% + BTAL 25% allocation`);
  });

  test("begins above 79, not at it", () => {
    expect(decided(rsi(symbol, 79)).form).toBe("nuclear");
    expect(decided(rsi(symbol, 79.0000001)).form).toBe("hedge");
  });
});

test.each(LADDER.flatMap(([rule, symbol, extremes]) => extremes.map((extreme) => [rule, symbol, extreme])))(
  "%s.1: %s overbought with %s above 81 calls for UVXY alone, not at it",
  (_, symbol, extreme) => {
    const allocation = decided(rsi(symbol, 80), rsi(extreme, 81.0000001));
    expect(allocation.form).toBe("single");
    expect(legsText(allocation)).toBe("UVXY 1");
    expect(allocation.reason).toBe(`${extreme} extremely overbought (RSI > 81)`);
    expect(decided(rsi(symbol, 80), rsi(extreme, extreme === symbol ? 81 : 79)).form).toBe("hedge");
  },
);

describe("the ladder", () => {
  test("stops at its first match: a later overbought market counts only as an extreme", () => {
    expect(decided(rsi("SPY", 80), rsi("IOO", 80)).reason).toBe("SPY overbought (79-81), UVXY 75% + BTAL 25% allocation");
    expect(decided(rsi("SPY", 80), rsi("VOX", 99)).form).toBe("hedge");
    expect(decided(rsi("TQQQ", 80), rsi("VTV", 82)).reason).toBe("VTV extremely overbought (RSI > 81)");
    expect(decided(rsi("VTV", 80), rsi("XLF", 82)).reason).toBe("XLF extremely overbought (RSI > 81)");
  });

  test("VOX alone never leads to UVXY alone", () => {
    expect(legsText(decided(rsi("VOX", 99)))).toBe(HEDGE);
  });

  test("names the first of several extremes", () => {
    expect(decided(rsi("SPY", 80), rsi("IOO", 95), rsi("XLF", 99)).reason).toBe("IOO extremely overbought (RSI > 81)");
    expect(decided(rsi("SPY", 82), rsi("IOO", 95)).reason).toBe("SPY extremely overbought (RSI > 81)");
  });

  test("takes priority over oversold rules", () => {
    expect(legsText(decided(rsi("VOX", 80), rsi("TQQQ", 10), rsi("SPY", 10)))).toBe(HEDGE);
  });

  test("needs no further readings: the nuclear stocks may be unknown", () => {
    expect(legsText(allocated(nuclearRules, { ...CALM, ...rsi("VOX", 80) }))).toBe(HEDGE);
  });
});

describe("oversold", () => {
  test("N7: TQQQ below 30 is bought", () => {
    const allocation = decided(rsi("TQQQ", 29.9999999), rsi("SPY", 10));
    expect(legsText(allocation)).toBe("TQQQ 1");
    expect(allocation).toMatchObject({ form: "single", reason: "TQQQ oversold, buying dip" });
    expect(decided(rsi("TQQQ", 30)).form).toBe("nuclear");
  });

  test("N8: SPY below 30 is bought with leverage", () => {
    const allocation = decided(rsi("SPY", 29.9999999));
    expect(legsText(allocation)).toBe("UPRO 1");
    expect(allocation).toMatchObject({ form: "single", reason: "SPY oversold, buying dip with leverage" });
    expect(decided(rsi("SPY", 30)).form).toBe("nuclear");
  });
});

describe("the trace", () => {
  test("has every condition with its numbers, in order, down to the last one", () => {
    const { trace } = decideBy(nuclearRules, readingsOf({ ...CALM, ...rsi("TQQQ", 80.123), ...rsi("XLF", 82) }));
    expect(flat(trace).map(({ rule, text, held }) => `${String(held)} ${rule} ${text}`)).toEqual([
      "false N1 RSI(10) of SPY 50.00 > 79",
      "false N2 RSI(10) of IOO 50.00 > 79",
      "true N3 RSI(10) of TQQQ 80.12 > 79",
      "false N3.1 RSI(10) of TQQQ 80.12 > 81",
      "false N3.1 RSI(10) of VTV 50.00 > 81",
      "true N3.1 RSI(10) of XLF 82.00 > 81",
      "undefined N3.1 hold UVXY 100%: XLF extremely overbought (RSI > 81)",
    ]);
    expect(trace.map(({ below }) => below.length)).toEqual([0, 0, 3]);
  });

  test("ends at a missing reading, and names it", () => {
    const decision = decideBy(nuclearRules, readingsOf({ "RSI(10) of SPY": 80, "RSI(10) of IOO": 80 }));
    expect(decision).toMatchObject({ kind: "undecided", symbol: "TQQQ", reason: "The RSI(10) of TQQQ is unknown." });
    expect(flat(decision.trace).map(({ text }) => text)).toEqual([
      "RSI(10) of SPY 80.00 > 79",
      "RSI(10) of SPY 80.00 > 81",
      "RSI(10) of IOO 80.00 > 81",
      "The RSI(10) of TQQQ is unknown.",
    ]);
  });
});
