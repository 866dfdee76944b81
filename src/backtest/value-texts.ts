import { decimal, decimalFromNumber, roundHalfUp, toText, type Decimal } from "../domain/decimal.ts";

const FRACTION_DECIMALS = 8;

/** A fraction as stored in the result. */
export function fractionText(value: Decimal): string {
  return toText(roundHalfUp(value, FRACTION_DECIMALS));
}

/** A statistic; `null` where it is not defined. */
export function numberText(value: number | undefined): string | null {
  return value === undefined || !Number.isFinite(value) ? null : fractionText(decimalFromNumber(value));
}

export function shareOfSessions(sessions: number, all: number): string {
  return fractionText(countOf(sessions).div(countOf(all)));
}

/** A whole number as a decimal. */
export function countOf(count: number): Decimal {
  return decimal(BigInt(count));
}
