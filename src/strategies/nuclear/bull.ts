import { portfolio } from "../allocations.ts";
import { figuresApart } from "../figures.ts";
import type { RuleEvaluation } from "../rule-evaluation.ts";
import { inverseVolatilityLegs } from "../inverse-volatility.ts";
import { meanReturnOf } from "../measure.ts";
import type { Allocation } from "../strategy.ts";

/** The order decides ties. */
export const NUCLEAR_STOCKS: readonly string[] = ["SMR", "BWXT", "LEU", "EXC", "NLR", "OKLO"];
const HELD_STOCKS = 3;
const WINDOW_DAYS = 90;

interface Scored {
  readonly symbol: string;
  /** Mean daily return, percent. */
  readonly score: number;
}

/** The three nuclear stocks with the highest returns, weighted by inverse volatility, best first. */
export function bull(ask: RuleEvaluation): Allocation {
  const symbols = bestOf(ask).map(({ symbol }) => symbol);
  const legs = inverseVolatilityLegs(ask, "BULL", symbols, WINDOW_DAYS);
  return ask.concludes("BULL", portfolio("nuclear", "Bull market - Nuclear portfolio", legs));
}

function bestOf(ask: RuleEvaluation): readonly Scored[] {
  const scored = NUCLEAR_STOCKS.map((symbol) => ({ symbol, score: ask.measures("BULL", meanReturnOf(symbol, WINDOW_DAYS)) }));
  const ranked = scored.toSorted((one, other) => other.score - one.score);
  ask.notes("BULL", `ranked: ${rankingText(ranked)}; the first ${HELD_STOCKS} are held`);
  return ranked.slice(0, HELD_STOCKS);
}

function rankingText(ranked: readonly Scored[]): string {
  const figures = figuresApart(ranked.map(({ score }) => score));
  return ranked.map(({ symbol }, index) => `${symbol} ${figures[index] ?? ""} %`).join(", ");
}
