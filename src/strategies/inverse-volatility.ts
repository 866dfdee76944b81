import type { RuleEvaluation } from "./rule-evaluation.ts";
import { volatilityOf } from "./measure.ts";
import type { Leg } from "./strategy.ts";

/** A volatility of zero would divide by zero, and a tiny one would take all the weight. */
const LEAST_VOLATILITY = 0.01;

/** A weight of exactly 1 % must not become 1.0000000000000002 %, which counts as more than 1 %. */
const WEIGHT_DECIMALS = 12;

/** Weights in proportion to 1 / volatility, so that every leg carries the same risk; in the given order. */
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
