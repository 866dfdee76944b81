import type { Decimal } from "../../domain/decimal.ts";
import { decimal, ONE, sum, ZERO } from "../../domain/decimal.ts";
import { formatDollars } from "../../domain/format.ts";

/** As the OCC writes options: root, expiry, put, strike in thousandths of a dollar. */
const PUT = /^[A-Z.]{1,6}\d{6}P(\d{8})$/;
const THOUSANDTH = decimal("0.001");
const SHARES_PER_CONTRACT = decimal("100");

interface Held {
  readonly symbol: string;
  /** Contracts; negative when they were sold. */
  readonly quantity: Decimal;
  readonly problem?: string | undefined;
}

/** Cash that a put somebody has sold may keep from the buying power until it is bought back: what its shares would cost. */
interface Pledge {
  readonly symbol: string;
  readonly dollars: Decimal;
}

function pledgesOf(held: readonly Held[]): Pledge[] {
  return held.flatMap(({ symbol, quantity, problem }) => {
    const strike = PUT.exec(symbol)?.[1];
    if (strike === undefined || problem !== undefined || quantity.gte(ZERO)) return [];
    return [{ symbol, dollars: decimal(strike).times(THOUSANDTH).times(SHARES_PER_CONTRACT).times(quantity.abs()) }];
  });
}

/** Dollars of buying power that may never follow the cash, for somebody's cash-secured puts. */
export function pledgedBy(held: readonly Held[]): Decimal {
  return sum(pledgesOf(held).map(({ dollars }) => dollars));
}

/**
 * Why buying power that is short need not be waited for: the account's short puts explain all that is lacking.
 * @param lacking dollars of cash that are neither reserved nor in the buying power.
 * @returns `undefined` where they do not.
 */
export function pledgeText(held: readonly Held[], lacking: Decimal): string | undefined {
  const pledges = pledgesOf(held);
  if (pledges.length === 0 || lacking.gt(sum(pledges.map(({ dollars }) => dollars)).plus(ONE))) return undefined;
  const named = pledges.map(({ symbol, dollars }) => `the short put ${symbol} (up to ${formatDollars(dollars)})`);
  return `Buying power is ${formatDollars(lacking)} less than the cash: it secures ${named.join(", ")}.`;
}
