import type { Exchange } from "../../src/simulator/exchange.ts";
import type { Scenario } from "./scenario.ts";

/** A fraction of equity that a price may move while orders are filled. */
const MOVE = 0.01;
const DRIFT_BAND = 0.01;
const SMALLEST_TRADE = 5;
/** A buy of whole shares is counted this much above its price. */
const WHOLE_SHARE_CUSHION = 0.05;
const DUST = 1.01;

/**
 * How the account differs from a target by more than the rules allow; `undefined` when it does not.
 * @param targets symbol → weight.
 */
export function distanceFrom(targets: ReadonlyMap<string, number>, exchange: Exchange, scenario: Scenario): string | undefined {
  const { protectedSymbols, allowedSymbols } = scenario.settings;
  const price = (symbol: string): number => Number(exchange.valueOf(symbol).toFixed());
  const values = new Map(
    [...exchange.state.positions.values()].map(({ symbol, quantity }) => [symbol, Number(quantity.toFixed()) * price(symbol)]),
  );
  const isApart = (symbol: string): boolean => protectedSymbols.has(symbol) || allowedSymbols?.has(symbol) === false;
  const counted = [...values].filter(([symbol]) => !isApart(symbol)).reduce((total, [, value]) => total + value, 0);
  const base = (Number(exchange.state.cash.toFixed()) + counted) * 0.99;
  for (const symbol of new Set([...values.keys(), ...targets.keys()])) {
    if (isApart(symbol)) continue;
    const target = (targets.get(symbol) ?? 0) * base;
    const value = values.get(symbol) ?? 0;
    const whole = exchange.state.assets.get(symbol)?.fractionable === false ? price(symbol) + target * WHOLE_SHARE_CUSHION : 0;
    const dust = DUST + (exchange.state.assets.get(symbol)?.fractionable === false ? price(symbol) : 0);
    const allowed = target === 0 ? dust : base * (DRIFT_BAND + MOVE) + whole + SMALLEST_TRADE;
    if (Math.abs(value - target) > allowed) return `${symbol} is worth ${value.toFixed(2)} instead of ${target.toFixed(2)}`;
  }
  return undefined;
}
