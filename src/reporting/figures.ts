import { formatDollars, formatPercent, formatQuantity } from "../domain/format.ts";
import { decimal, roundHalfUp, ZERO, type Decimal } from "../domain/decimal.ts";

/** Number of meaningful decimals in average fill prices. */
const PRICE_DECIMALS = 6;

/** A price without `$`, with at least two decimals: `38.50`, `217.138185`. */
export function formatPrice(price: Decimal): string {
  const [whole = "0", fraction = ""] = formatQuantity(roundHalfUp(price, PRICE_DECIMALS)).split(".");
  return `${whole}.${fraction.padEnd(2, "0")}`;
}

/** `+$12.00`, `-$1.98`, `$0.00`. */
export function signedDollars(amount: Decimal): string {
  return signed(formatDollars(amount));
}

/** `+4.6 %`, `-0.3 %`, `0.0 %`. */
export function signedPercent(fraction: Decimal, places = 1): string {
  return signed(formatPercent(fraction, places));
}

export function dollarsOf(text: string): string {
  return formatDollars(decimal(text));
}

export function shareOf(part: Decimal, whole: Decimal): Decimal {
  return whole.eq(ZERO) ? ZERO : part.div(whole);
}

/** `1 order`, `3 orders`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function signed(text: string): string {
  return text.startsWith("-") || !/[1-9]/.test(text) ? text : `+${text}`;
}
