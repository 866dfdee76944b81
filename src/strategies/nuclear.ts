import { moreThan } from "./condition.ts";
import type { RuleEvaluation } from "./rule-evaluation.ts";
import { averageOf, priceOf } from "./measure.ts";
import { bear } from "./nuclear/bear.ts";
import { bull, NUCLEAR_STOCKS } from "./nuclear/bull.ts";
import { overbought } from "./nuclear/overbought.ts";
import { oversold } from "./nuclear/oversold.ts";
import { strategyOf } from "./strategy-of.ts";
import type { Allocation } from "./strategy.ts";

const SYMBOLS: readonly string[] = [
  ...["SPY", "IOO", "TQQQ", "VTV", "XLF", "VOX"],
  ...["UVXY", "BTAL"],
  ...["QQQ", "SQQQ", "PSQ", "UPRO"],
  ...["TLT", "IEF"],
  ...NUCLEAR_STOCKS,
];

/** N1 to N9: the first matching rule decides. */
export function nuclearRules(ask: RuleEvaluation): Allocation {
  return (
    overbought(ask) ??
    oversold(ask) ??
    ask.either(
      "N9",
      moreThan(priceOf("SPY"), averageOf("SPY", 200)),
      () => bull(ask),
      () => bear(ask),
    )
  );
}

/** Nuclear energy with a frontrunner: volatility in overheated markets, buying dips, nuclear stocks in a bull market. */
export const nuclear = strategyOf("nuclear", SYMBOLS, nuclearRules);
