import type { Account, Position } from "../domain/broker.ts";
import { ONE, sum, type Decimal } from "../domain/decimal.ts";
import { isOutside, isProtected } from "../portfolio/valuation.ts";
import { shareOf } from "./figures.ts";

/** The part of the account that targets do not cover. */
export interface SetAside {
  /** Fraction of the rest that stays in cash. */
  readonly reserve: Decimal;
  readonly protectedSymbols: ReadonlySet<string>;
  /** `undefined`: every symbol is allowed. */
  readonly allowedSymbols?: ReadonlySet<string> | undefined;
}

/**
 * The share of the account that target weights refer to: without protected positions, those outside ALLOWED_SYMBOLS, and the
 * reserve (R9). Measured against the whole account, an account on target would show drift.
 */
export function targetBase(account: Account, positions: readonly Position[], aside: SetAside): Decimal {
  const apart = positions.filter((position) => isSetAside(position, aside)).map(({ marketValue }) => marketValue);
  return shareOf(account.equity.minus(sum(apart)), account.equity).times(ONE.minus(aside.reserve));
}

/** It has no target, whatever a strategy says. */
export function isSetAside(position: Position, { protectedSymbols, allowedSymbols }: SetAside): boolean {
  return isOutside(position.symbol, { allowedSymbols }) || isProtected(position.symbol, position, { settings: { protectedSymbols } });
}
