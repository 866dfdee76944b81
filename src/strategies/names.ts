/** Strategy names, separate from the strategies: settings use them without loading indicators. */
export const STRATEGY_NAMES = ["nuclear", "tecl"] as const;

export type StrategyName = (typeof STRATEGY_NAMES)[number];

export function isStrategyName(name: string): name is StrategyName {
  return STRATEGY_NAMES.some((known) => known === name);
}
