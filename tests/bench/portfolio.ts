import type { Leg } from "../scenarios/strategy.ts";
import { lineOf } from "../scenarios/strategy.ts";

/** Symbols that the venue is given besides its own; none of them is a real one. */
export const INVENTED_SYMBOLS: readonly string[] = Array.from(
  { length: 100 },
  (_, index) => `BN${letter(index / 26)}${letter(index % 26)}`,
);

/** Prices that stand still: what is measured must not depend on what the market does. */
export const INVENTED_PRICES: Readonly<Record<string, string>> = Object.fromEntries(
  INVENTED_SYMBOLS.map((symbol, index) => [symbol, String(20 + ((index * 37) % 200))]),
);

/** In tenths of a percent. */
const WHOLE = 1_000;
const HEAVY = 3;

/**
 * A portfolio of that many symbols, as tenths of a percent. Every second symbol weighs three times as much
 * as the others, and from round to round they change places, so each round sells the one half and buys the
 * other: one order for each symbol.
 */
export function weightsOf(symbols: number, round: number): ReadonlyMap<string, number> {
  const shares = INVENTED_SYMBOLS.slice(0, symbols).map((_, index) => (index % 2 === round % 2 ? HEAVY : 1));
  const unit = Math.floor(WHOLE / shares.reduce((total, share) => total + share, 0));
  const tenths = shares.map((share) => share * unit);
  const rest = WHOLE - tenths.reduce((total, weight) => total + weight, 0);
  const heaviest = round % 2;
  return new Map(tenths.map((weight, index) => [INVENTED_SYMBOLS[index] ?? "", index === heaviest ? weight + rest : weight]));
}

/** How many symbols the change from the round before sells. */
export function sellsOf(symbols: number, round: number): number {
  const before = weightsOf(symbols, round + 1);
  return [...weightsOf(symbols, round)].filter(([symbol, weight]) => weight < (before.get(symbol) ?? 0)).length;
}

/** What a round changes in an account. */
export interface Change {
  readonly weights: ReadonlyMap<string, number>;
  readonly sells: number;
}

/** From one weighting to the other. */
export function shiftOf(symbols: number, round: number): Change {
  return { weights: weightsOf(symbols, round), sells: sellsOf(symbols, round) };
}

/** From one half of the symbols to the other half, each sold or bought whole: one order for each symbol. */
export function switchOf(symbols: number, round: number): Change {
  const all = INVENTED_SYMBOLS.slice(0, symbols);
  const larger = Math.ceil(symbols / 2);
  const wanted = round % 2 === 0 ? all.slice(0, larger) : all.slice(larger);
  const each = Math.floor(WHOLE / wanted.length);
  const weights = new Map(wanted.map((symbol, index) => [symbol, index === 0 ? WHOLE - each * (wanted.length - 1) : each]));
  return { weights, sells: symbols - wanted.length };
}

/** The strategy's run as it stands in the file, its last line written `at`. */
export function runText(weights: ReadonlyMap<string, number>, at: number): string {
  const legs = legsOf(weights);
  return legs.map((leg, index) => lineOf(leg, at - (legs.length - 1 - index))).join("");
}

function legsOf(weights: ReadonlyMap<string, number>): Leg[] {
  const percent = (tenths: number): string => `${(tenths / 10).toFixed(1)}%`;
  const all = [...weights].map(([symbol, tenths]) => `${symbol} (${percent(tenths)})`).join(", ");
  return [...weights].map(([symbol, tenths]) => ({
    symbol,
    reason: `Nuclear portfolio allocation: ${percent(tenths)} (Bull market - Nuclear portfolio: ${all})`,
  }));
}

function letter(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + Math.floor(index));
}
