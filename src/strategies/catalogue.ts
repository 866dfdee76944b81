import { isStrategyName, type StrategyName } from "./names.ts";
import { nuclear } from "./nuclear.ts";
import type { Strategy } from "./strategy.ts";
import { tecl } from "./tecl.ts";

export { STRATEGY_NAMES } from "./names.ts";

const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = { nuclear, tecl };

/** The strategy of that name, if there is one. Loading this module also loads the indicators, which is slow. */
export function strategyNamed(name: string): Strategy | undefined {
  return isStrategyName(name) ? STRATEGIES[name] : undefined;
}
