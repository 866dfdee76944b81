import BigJs from "big.js";
import type { Decimal } from "../domain/decimal.ts";

/** Exact amounts are divided to 30 decimals, most of which would be worked out here only to be rounded away. */
const Shown = BigJs();
Shown.strict = true;
Shown.DP = 9;
Shown.RM = BigJs.roundHalfUp;

/** A quotient as the venue shows it: nine decimals, rounded half away from zero. For what is shown, never to go on with. */
export function shownQuotient(dividend: Decimal, divisor: Decimal): string {
  return Shown(dividend).div(divisor).toFixed();
}
