import BigJs from "big.js";

/**
 * Exact decimal arithmetic for dollars, shares, prices and weights. `number` is refused by the
 * constructor: one float in a chain of exact values would make the whole chain inexact in silence.
 */
const Exact = BigJs();
Exact.strict = true;
Exact.DP = 30;
Exact.RM = BigJs.roundDown;
Exact.NE = -100;
Exact.PE = 100;

export type Decimal = BigJs;

/** Decimals of a dollar amount that Alpaca accepts in `notional`. */
export const CENT_DECIMALS = 2;
/** Decimals of a share that Alpaca keeps; more are cut off silently. */
export const SHARE_DECIMALS = 9;

const PLAIN_DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/;

/** @param text a plain decimal number such as `"1.5"`, or a whole number as bigint. @throws RangeError when it is not one. */
export function decimal(text: string | bigint | Decimal): Decimal {
  if (typeof text === "string" && !PLAIN_DECIMAL.test(text)) throw new RangeError(`"${text.slice(0, 40)}" is not a decimal number.`);
  return Exact(typeof text === "string" ? withoutPlus(text) : typeof text === "bigint" ? text.toString() : text);
}

/** As {@link decimal}, for text from outside: `undefined` instead of an error. */
export function parseDecimal(text: unknown): Decimal | undefined {
  return typeof text === "string" && text.length <= 64 && PLAIN_DECIMAL.test(text) ? Exact(withoutPlus(text)) : undefined;
}

/** big.js refuses a leading plus. */
function withoutPlus(text: string): string {
  return text.startsWith("+") ? text.slice(1) : text;
}

/** Whether a value of unknown kind is one of ours. */
export function isDecimal(value: unknown): value is Decimal {
  return value instanceof BigJs;
}

/** A JSON number from outside (market data, portfolio history): its shortest decimal form, exactly. */
export function decimalFromNumber(value: number): Decimal {
  if (!Number.isFinite(value)) throw new RangeError(`${String(value)} is not a finite number.`);
  return Exact(String(value));
}

export const ZERO = decimal("0");
export const ONE = decimal("1");
export const HUNDRED = decimal("100");
/** Two statements of the venue about the same shares may differ by less than this much. */
export const ROUNDING_SHARES = decimal("0.000001");

/** Rounds towards zero to `places` decimals. */
export function truncate(value: Decimal, places: number): Decimal {
  return value.round(places, BigJs.roundDown);
}

/** Rounds half away from zero to `places` decimals; for display and for prices, never for orders. */
export function roundHalfUp(value: Decimal, places: number): Decimal {
  return value.round(places, BigJs.roundHalfUp);
}

export function min(first: Decimal, ...rest: readonly Decimal[]): Decimal {
  return rest.reduce((least, value) => (value.lt(least) ? value : least), first);
}

export function max(first: Decimal, ...rest: readonly Decimal[]): Decimal {
  return rest.reduce((most, value) => (value.gt(most) ? value : most), first);
}

export function sum(values: Iterable<Decimal>): Decimal {
  let total = ZERO;
  for (const value of values) total = total.plus(value);
  return total;
}

/** Plain digits without exponent and without trailing zeros, as the wire and the ledger want it. */
export function toText(value: Decimal): string {
  return value.toFixed();
}
