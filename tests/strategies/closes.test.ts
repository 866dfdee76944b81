import { describe, expect, test } from "@jest/globals";
import { checkedCloses, marketCloses } from "../../src/strategies/closes.ts";
import { barsOf } from "./market.ts";

describe("closes are refused when", () => {
  test.each([NaN, Infinity, -Infinity, 0, -3])("one of them is %d", (close) => {
    expect(checkedCloses(barsOf([5, close, 6]))).toEqual({
      kind: "doubtful",
      problem: `closed at ${close} on 2025-07-16, which is not a price`,
    });
  });

  test("there are none", () => {
    expect(checkedCloses([])).toEqual({ kind: "doubtful", problem: "has no daily bars" });
  });

  test("a session is duplicated or out of order", () => {
    const [first, second] = [barsOf([5, 6])[0]!, barsOf([5, 6])[1]!];
    expect(checkedCloses([first, second, second])).toEqual({
      kind: "doubtful",
      problem: "has a bar of 2025-07-17 after that of 2025-07-17",
    });
    expect(checkedCloses([second, first])).toMatchObject({ problem: "has a bar of 2025-07-16 after that of 2025-07-17" });
  });
});

describe("the closes of a market", () => {
  const bars = new Map([
    ["SPY", barsOf([1, 2, 3])],
    ["OLD", barsOf([1, 2, 3], "day-before")],
    ["BAD", barsOf([1, NaN])],
  ]);

  test("are those of the requested symbols, with the session of the newest", () => {
    expect(marketCloses(["SPY"], bars)).toEqual({ kind: "sound", closes: new Map([["SPY", [1, 2, 3]]]), newestSession: "2025-07-17" });
  });

  test("are refused when a symbol is missing", () => {
    expect(marketCloses(["SPY", "QQQ"], bars)).toEqual({ kind: "doubtful", symbol: "QQQ", reason: "QQQ has no daily bars." });
  });

  test("are refused for one invalid close", () => {
    expect(marketCloses(["SPY", "BAD"], bars)).toEqual({
      kind: "doubtful",
      symbol: "BAD",
      reason: "BAD closed at NaN on 2025-07-17, which is not a price.",
    });
  });

  test.each([[["SPY", "OLD"]], [["OLD", "SPY"]]])("are refused when one ends on an earlier day (%s)", (symbols) => {
    expect(marketCloses(symbols, bars)).toEqual({
      kind: "doubtful",
      symbol: "OLD",
      reason: "OLD has no bar after 2025-07-16, but others have one for 2025-07-17.",
    });
  });
});
