import { hedge, single } from "../allocations.ts";
import { moreThan } from "../condition.ts";
import type { RuleEvaluation } from "../rule-evaluation.ts";
import { rsiOf } from "../measure.ts";
import type { Allocation } from "../strategy.ts";

interface Rung {
  readonly rule: string;
  readonly symbol: string;
  /** If any of these is high enough, UVXY alone replaces the hedge. */
  readonly extremes: readonly string[];
}

const LADDER: readonly Rung[] = [
  { rule: "N1", symbol: "SPY", extremes: ["SPY", "IOO", "TQQQ", "VTV", "XLF"] },
  { rule: "N2", symbol: "IOO", extremes: ["IOO", "TQQQ", "VTV", "XLF"] },
  { rule: "N3", symbol: "TQQQ", extremes: ["TQQQ", "VTV", "XLF"] },
  { rule: "N4", symbol: "VTV", extremes: ["VTV", "XLF"] },
  { rule: "N5", symbol: "XLF", extremes: ["XLF"] },
  { rule: "N6", symbol: "VOX", extremes: ["XLF"] },
];
const OVERBOUGHT = 79;
const EXTREMELY_OVERBOUGHT = 81;

/** N1 to N6: the first overbought market leads to volatility, hedged or alone. */
export function overbought(ask: RuleEvaluation): Allocation | undefined {
  for (const rung of LADDER) {
    const found = ask.when(rung.rule, moreThan(rsiOf(rung.symbol, 10), OVERBOUGHT), () => volatility(ask, rung));
    if (found !== undefined) return found;
  }
  return undefined;
}

function volatility(ask: RuleEvaluation, { rule, symbol, extremes }: Rung): Allocation {
  for (const each of extremes) {
    const found = ask.when(`${rule}.1`, moreThan(rsiOf(each, 10), EXTREMELY_OVERBOUGHT), () =>
      ask.concludes(`${rule}.1`, single("UVXY", `${each} extremely overbought (RSI > ${EXTREMELY_OVERBOUGHT})`)),
    );
    if (found !== undefined) return found;
  }
  return ask.concludes(`${rule}.2`, hedge(`${symbol} overbought (${OVERBOUGHT}-${EXTREMELY_OVERBOUGHT})`));
}
