import type { RuleEvaluation } from "./rule-evaluation.ts";
import { volatilityOf } from "./measure.ts";
import type { Leg } from "./strategy.ts";

/** A symbol that does not move would divide by zero, and one that hardly moves would take everything. */
const LEAST_VOLATILITY = 0.01;

/** A weight of exactly 1 % must not come out as 1.0000000000000002 %, which would be more than it. */
const WEIGHT_DECIMALS = 12;

/** Weights in proportion to 1 / volatility, so that every leg brings about the same risk; in the order given. */
export function inverseVolatilityLegs(ask: RuleEvaluation, rule: string, symbols: readonly string[], days: number): readonly Leg[] {
  const calm = symbols.map((symbol) => ({ symbol, calmness: 1 / flooredVolatility(ask, rule, symbol, days) }));
  const total = calm.reduce((sum, { calmness }) => sum + calmness, 0);
  return calm.map(({ symbol, calmness }) => ({ symbol, weight: Number((calmness / total).toFixed(WEIGHT_DECIMALS)) }));
}

function flooredVolatility(ask: RuleEvaluation, rule: string, symbol: string, days: number): number {
  const measured = ask.measures(rule, volatilityOf(symbol, days));
  if (measured >= LEAST_VOLATILITY) return measured;
  ask.notes(rule, `${symbol} hardly moves, so its volatility counts as ${LEAST_VOLATILITY * 100} %`);
  return LEAST_VOLATILITY;
}
