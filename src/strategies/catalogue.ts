import { nuclear } from "./nuclear.ts";
import type { Strategy } from "./strategy.ts";
import { tecl } from "./tecl.ts";

/** Strategy names, separate from the strategies: settings use them without loading indicators. */
export const STRATEGY_NAMES = ["nuclear", "tecl"] as const;

export type StrategyName = (typeof STRATEGY_NAMES)[number];

function isStrategyName(name: string): name is StrategyName {
  return STRATEGY_NAMES.some((known) => known === name);
}

const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = { nuclear, tecl };

/** The strategy of that name, if there is one. Loading this module also loads the indicators, which is slow. */
export function strategyNamed(name: string): Strategy | undefined {
  return isStrategyName(name) ? STRATEGIES[name] : undefined;
}
