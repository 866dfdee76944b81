import { blend, single } from "./allocations.ts";
import { lessThan, moreThan } from "./condition.ts";
import type { RuleEvaluation } from "./rule-evaluation.ts";
import { averageOf, priceOf, rsiOf } from "./measure.ts";
import { strategyOf } from "./strategy-of.ts";
import type { Allocation } from "./strategy.ts";

const SYMBOLS: readonly string[] = ["SPY", "TQQQ", "SPXL", "TECL", "XLK", "KMLM", "UVXY", "BIL", "BSV", "SQQQ"];

const withBills = (volatility: number, occasion: string): Allocation =>
  blend(occasion, [
    { symbol: "UVXY", weight: volatility },
    { symbol: "BIL", weight: 1 - volatility },
  ]);

/** T2 to T4: 3x technology; volatility, treasury bills or a short position in special market conditions. */
export function teclRules(ask: RuleEvaluation): Allocation {
  return ask.either(
    "T2",
    moreThan(priceOf("SPY"), averageOf("SPY", 200)),
    () => bullMarket(ask),
    () => bearMarket(ask),
  );
}

function bullMarket(ask: RuleEvaluation): Allocation {
  return (
    ask.when("T2.1", moreThan(rsiOf("TQQQ", 10), 79), () =>
      ask.concludes("T2.1", withBills(0.25, "Bull market, TQQQ overbought (RSI > 79)")),
    ) ??
    ask.when("T2.2", moreThan(rsiOf("SPY", 10), 80), () =>
      ask.concludes("T2.2", withBills(0.25, "Bull market, SPY overbought (RSI > 80)")),
    ) ??
    ask.part("T2.3", SWITCH, () => technology(ask, "bull"))
  );
}

function bearMarket(ask: RuleEvaluation): Allocation {
  return (
    ask.when("T3.1", lessThan(rsiOf("TQQQ", 10), 31), () =>
      ask.concludes("T3.1", single("TECL", "Bear market, TQQQ oversold, buying dip with TECL")),
    ) ??
    ask.when("T3.2", lessThan(rsiOf("SPXL", 10), 29), () =>
      ask.concludes("T3.2", single("SPXL", "Bear market, SPXL oversold, buying dip")),
    ) ??
    ask.when("T3.3", moreThan(rsiOf("UVXY", 10), 84), () =>
      ask.concludes("T3.3", withBills(0.15, "Bear market, volatility spiking (UVXY RSI > 84)")),
    ) ??
    ask.when("T3.4", moreThan(rsiOf("UVXY", 10), 74), () =>
      ask.concludes("T3.4", single("BIL", "Bear market, volatility high (UVXY RSI 74-84), waiting in bills")),
    ) ??
    ask.part("T3.5", SWITCH, () => technology(ask, "bear"))
  );
}

const SWITCH = "technology against managed futures (T4)";

/** T4: which of technology (XLK) and managed futures (KMLM) is the stronger. */
function technology(ask: RuleEvaluation, regime: "bull" | "bear"): Allocation {
  return ask.either(
    "T4.2",
    moreThan(rsiOf("XLK", 10), rsiOf("KMLM", 10)),
    () =>
      ask.when("T4.2", moreThan(rsiOf("XLK", 10), 81), () =>
        ask.concludes("T4.2", single("BIL", "Technology strong but overbought (XLK RSI > 81), waiting in bills")),
      ) ?? ask.concludes("T4.2", single("TECL", "Technology stronger than managed futures")),
    () => weakTechnology(ask, regime),
  );
}

function weakTechnology(ask: RuleEvaluation, regime: "bull" | "bear"): Allocation {
  const dip = ask.when("T4.3.1", lessThan(rsiOf("XLK", 10), 29), () =>
    ask.concludes("T4.3.1", single("TECL", "Technology oversold (XLK RSI < 29), buying dip")),
  );
  if (dip !== undefined) return dip;
  if (regime === "bull") return ask.concludes("T4.3.2", single("BIL", "Bull market, technology weak, waiting in bills"));
  return ask.part("T4.3.3", "bear market: the stronger of SQQQ and BSV", () => shortOrBonds(ask));
}

function shortOrBonds(ask: RuleEvaluation): Allocation {
  return (
    ask.when("T4.3.3", moreThan(rsiOf("BSV", 9), rsiOf("SQQQ", 9)), () =>
      ask.concludes("T4.3.3", single("BSV", "Bear market, technology weak, short bonds stronger than short tech")),
    ) ?? ask.concludes("T4.3.3", single("SQQQ", "Bear market, technology weak, short tech"))
  );
}

/** Technology for the long term: TECL, with ways out. */
export const tecl = strategyOf("tecl", SYMBOLS, teclRules);
