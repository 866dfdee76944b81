import type { Decimal } from "../domain/decimal.ts";

const SHOWN_DECIMALS = 9;

/**
 * A quotient as the venue shows it: nine decimals by default, rounded half away from zero. For display only, not for further
 * calculation. Every listing of positions shows five for each, and dividing whole numbers takes a fraction of the time.
 */
export function shownQuotient(dividend: Decimal, divisor: Decimal, decimals = SHOWN_DECIMALS): string {
  const [above, below] = [wholeOf(dividend), wholeOf(divisor)];
  const places = decimals + below.decimals - above.decimals;
  const top = above.digits * 10n ** BigInt(Math.max(places, 0));
  const bottom = below.digits * 10n ** BigInt(Math.max(-places, 0));
  const rounded = ((top * 2n + bottom) / (bottom * 2n)).toString().padStart(decimals + 1, "0");
  const fraction = rounded.slice(-decimals).replace(/0+$/, "");
  const text = `${rounded.slice(0, -decimals)}${fraction === "" ? "" : "."}${fraction}`;
  return dividend.s !== divisor.s && text !== "0" ? `-${text}` : text;
}

/** The digits without sign, and how many of them are decimals (negative for whole tens). */
function wholeOf({ c, e }: Decimal): { readonly digits: bigint; readonly decimals: number } {
  return { digits: BigInt(c.join("")), decimals: c.length - 1 - e };
}
