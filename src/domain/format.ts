import { CENT_DECIMALS, HUNDRED, roundHalfUp, SHARE_DECIMALS, truncate, ZERO, type Decimal } from "./decimal.ts";

/** Dollars for people, rounded to the cent: `$100,000.00`, `-$1.98`. */
export function formatDollars(amount: Decimal): string {
  const cents = roundHalfUp(amount, CENT_DECIMALS);
  const sign = cents.lt(ZERO) ? "-" : "";
  return `${sign}$${withSeparators(cents.abs().toFixed(CENT_DECIMALS))}`;
}

/** @param fraction 0.312 for `31.2 %`. @param places decimals shown. */
export function formatPercent(fraction: Decimal, places = 1): string {
  const percent = roundHalfUp(fraction.times(HUNDRED), places);
  const sign = percent.lt(ZERO) ? "-" : "";
  return `${sign}${withSeparators(percent.abs().toFixed(places))} %`;
}

/** A target weight with the decimals it has, one at least and three at most: `31.2 %`, `6.25 %`. */
export function formatWeight(fraction: Decimal): string {
  const percent = fraction.times(HUNDRED);
  const places = [1, 2].find((count) => percent.eq(truncate(percent, count))) ?? 3;
  return formatPercent(fraction, places);
}

/** A share quantity with the decimals it has, nine at most: `1,234.5`, `0.017758`. */
export function formatQuantity(quantity: Decimal): string {
  const shares = truncate(quantity, SHARE_DECIMALS);
  return `${shares.lt(ZERO) ? "-" : ""}${withSeparators(shares.abs().toFixed())}`;
}

/** `1 share`, `0.5 shares`. */
export function formatShares(quantity: Decimal): string {
  const text = formatQuantity(quantity);
  return text === "1" ? "1 share" : `${text} shares`;
}

function withSeparators(digits: string): string {
  const [whole = "", fraction] = digits.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
