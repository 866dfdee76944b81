import type { Exchange } from "../../src/simulator/exchange.ts";
import type { Scenario } from "./scenario.ts";
import { pendingFactor } from "./waiting-splits.ts";

/** A fraction of equity that a price may move while orders are filled. */
const MOVE = 0.01;
const DRIFT_BAND = 0.01;
const SMALLEST_TRADE = 5;
/** A buy of whole shares is counted this much above its price. */
const WHOLE_SHARE_CUSHION = 0.05;
const DUST = 1.01;
/** That fractions were refused is remembered for three minutes, and an execution may have ended since. */
export const WHOLE_ONLY_REMEMBERED_MS = 300_000;
/** Of the base, which stays in cash. */
export const RESERVE = 0.01;

/** One symbol of the account or of the target, in dollars. */
export interface Leg {
  readonly symbol: string;
  readonly value: number;
  readonly target: number;
  /** How far the two may lie apart. */
  readonly allowed: number;
  /** Whether it can be had in whole shares only. */
  readonly isWhole: boolean;
}

/**
 * Every symbol that belongs to the target, or would have to go for it.
 * @param targets symbol → weight.
 * @param guarded symbols that count as protected beside those that are set so.
 */
export function legsOf(
  targets: ReadonlyMap<string, number>,
  exchange: Exchange,
  scenario: Scenario,
  guarded: (symbol: string) => boolean = () => false,
): Leg[] {
  const { protectedSymbols, allowedSymbols } = scenario.settings;
  const price = (symbol: string): number => Number(exchange.valueOf(symbol).toFixed());
  const isGuarded = (symbol: string): boolean => protectedSymbols.has(symbol) || allowedSymbols?.has(symbol) === false || guarded(symbol);
  const values = new Map(
    [...exchange.state.positions.values()].map(({ symbol, quantity }) => [
      symbol,
      Number(quantity.times(pendingFactor(exchange, symbol)).toFixed()) * price(symbol),
    ]),
  );
  const base = baseOf(exchange, isGuarded);
  return [...new Set([...values.keys(), ...targets.keys()])]
    .filter((symbol) => !isGuarded(symbol))
    .map((symbol) => {
      const target = (targets.get(symbol) ?? 0) * base;
      const isWhole = exchange.wasWholeOnly(symbol, WHOLE_ONLY_REMEMBERED_MS);
      const whole = isWhole ? price(symbol) + target * WHOLE_SHARE_CUSHION : 0;
      const allowed = target === 0 ? DUST + whole : base * (DRIFT_BAND + MOVE) + whole + SMALLEST_TRADE;
      return { symbol, value: values.get(symbol) ?? 0, target, allowed, isWhole };
    });
}

/** What the targets are parts of, dollars. */
export function baseOf(exchange: Exchange, isGuarded: (symbol: string) => boolean): number {
  const counted = [...exchange.state.positions.values()].filter(({ symbol }) => !isGuarded(symbol));
  const stock = counted.map(({ symbol, quantity }) =>
    Number(quantity.times(pendingFactor(exchange, symbol)).times(exchange.valueOf(symbol)).toFixed()),
  );
  return (Number(exchange.state.cash.toFixed()) + stock.reduce((total, each) => total + each, 0)) * (1 - RESERVE);
}

export function isMet({ value, target, allowed }: Leg): boolean {
  return Math.abs(value - target) <= allowed;
}

/**
 * How the account differs from a target by more than the rules allow; `undefined` when it does not.
 * @param targets symbol → weight.
 * @param except symbols that are not judged.
 */
export function distanceFrom(
  targets: ReadonlyMap<string, number>,
  exchange: Exchange,
  scenario: Scenario,
  except: ReadonlySet<string> = new Set(),
): string | undefined {
  const missed = legsOf(targets, exchange, scenario).find((leg) => !except.has(leg.symbol) && !isMet(leg));
  return missed && textOf(missed);
}

export function textOf({ symbol, value, target }: Leg): string {
  return `${symbol} is worth ${value.toFixed(2)} instead of ${target.toFixed(2)}`;
}
