import { roundHalfUp, toText, type Decimal } from "../domain/decimal.ts";
import { isoInstant } from "../domain/time-format.ts";

/**
 * Value formats in all JSON output: amounts and fractions (0.05 for 5 %) are decimal text, instants are
 * ISO 8601 in UTC, and unknown values are null, never zero or empty.
 */

const DOLLAR_DECIMALS = 6;
const FRACTION_DECIMALS = 8;
const BASIS_POINT_DECIMALS = 4;

/** Exact value. */
export function textOrNull(value: Decimal | undefined): string | null {
  return value === undefined ? null : toText(value);
}

/** Calculated dollars. */
export function dollarText(value: Decimal): string {
  return toText(roundHalfUp(value, DOLLAR_DECIMALS));
}

export function dollarsOrNull(value: Decimal | undefined): string | null {
  return value === undefined ? null : dollarText(value);
}

export function fractionText(value: Decimal): string {
  return toText(roundHalfUp(value, FRACTION_DECIMALS));
}

export function fractionOrNull(value: Decimal | undefined): string | null {
  return value === undefined ? null : fractionText(value);
}

export function basisPointsOrNull(value: Decimal | undefined): string | null {
  return value === undefined ? null : toText(roundHalfUp(value, BASIS_POINT_DECIMALS));
}

export function isoOrNull(at: number | undefined): string | null {
  return at === undefined ? null : isoInstant(at);
}
