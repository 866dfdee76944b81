import { describe, expect, test } from "@jest/globals";
import { STRATEGY_NAMES, strategyNamed } from "../../src/strategies/catalogue.ts";

describe("the catalogue", () => {
  test.each(STRATEGY_NAMES)("has %s under its own name", (name) => {
    expect(strategyNamed(name)?.name).toBe(name);
  });

  test.each(["klm", "Nuclear", "", "toString"])("does not have %j", (name) => {
    expect(strategyNamed(name)).toBeUndefined();
  });

  test("each strategy requests enough bars for its slowest indicator, and for each symbol once", () => {
    for (const name of STRATEGY_NAMES) {
      const { history, symbols } = strategyNamed(name)!;
      expect(history).toBeGreaterThanOrEqual(300);
      expect(new Set(symbols).size).toBe(symbols.length);
    }
    expect(strategyNamed("nuclear")?.symbols.join(" ")).toBe(
      "SPY IOO TQQQ VTV XLF VOX UVXY BTAL QQQ SQQQ PSQ UPRO TLT IEF SMR BWXT LEU EXC NLR OKLO",
    );
    expect(strategyNamed("tecl")?.symbols.join(" ")).toBe("SPY TQQQ SPXL TECL XLK KMLM UVXY BIL BSV SQQQ");
  });
});
