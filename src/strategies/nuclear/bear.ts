import { portfolio, single, oneDecimalPercent } from "../allocations.ts";
import type { RuleEvaluation } from "../rule-evaluation.ts";
import { inverseVolatilityLegs } from "../inverse-volatility.ts";
import type { Allocation } from "../strategy.ts";
import { bearOne, bearTwo, type Choice } from "./bear-choices.ts";

const WINDOW_DAYS = 14;
/** A smaller leg is not worth an order. */
const SMALLEST_LEG = 0.01;

/** Two strategies, each with one symbol: together if they agree, else weighted by the inverse of volatility. */
export function bear(ask: RuleEvaluation): Allocation {
  const one = ask.part("BEAR", "Bear 1", () => bearOne(ask));
  const two = ask.part("BEAR", "Bear 2", () => bearTwo(ask));
  if (one.symbol === two.symbol) return ask.concludes("BEAR", single(one.symbol, one.reason));
  return ask.part("BEAR", `they differ: ${one.symbol} and ${two.symbol} by inverse volatility`, () => both(ask, one, two));
}

/**
 * The volatility is that of the two symbols over 14 days, not that of each strategy's holdings day by day: any
 * chart can confirm it, and it needs no invented past. If one leg is too small to keep, the other takes its share,
 * so that the weights still sum to 1.
 */
function both(ask: RuleEvaluation, one: Choice, two: Choice): Allocation {
  const choices = [one, two];
  const symbols = choices.map(({ symbol }) => symbol);
  const legs = inverseVolatilityLegs(ask, "BEAR", symbols, WINDOW_DAYS);
  const dropped = legs.find(({ weight }) => weight <= SMALLEST_LEG);
  const kept = choices.find(({ symbol }) => symbol !== dropped?.symbol);
  if (dropped === undefined || kept === undefined) return ask.concludes("BEAR", portfolio("bear", "Bear market portfolio", legs));
  ask.notes("BEAR", `${dropped.symbol} would be ${oneDecimalPercent(dropped.weight)}, too little to hold`);
  return ask.concludes("BEAR", single(kept.symbol, kept.reason));
}
