import { moreThan, lessThan } from "./condition.ts";
import type { RuleEvaluation } from "./rule-evaluation.ts";
import { averageOf, priceOf, rsiOf } from "./measure.ts";
import { bear } from "./nuclear/bear.ts";
import { bull, NUCLEAR_STOCKS } from "./nuclear/bull.ts";
import { overbought } from "./nuclear/overbought.ts";
import { strategyOf } from "./strategy-of.ts";
import type { Allocation } from "./strategy.ts";
import { single } from "./allocations.ts";

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

const OVERSOLD = 30;

/** N7 and N8: a deeply oversold market is bought with leverage. */
function oversold(ask: RuleEvaluation): Allocation | undefined {
  return (
    ask.when("N7", lessThan(rsiOf("TQQQ", 10), OVERSOLD), () => ask.concludes("N7", single("TQQQ", "TQQQ oversold, buying dip"))) ??
    ask.when("N8", lessThan(rsiOf("SPY", 10), OVERSOLD), () =>
      ask.concludes("N8", single("UPRO", "SPY oversold, buying dip with leverage")),
    )
  );
}
