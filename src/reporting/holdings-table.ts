import type { Account, Position } from "../domain/broker.ts";
import { formatDollars, formatPercent, formatQuantity, formatWeight } from "../domain/format.ts";
import { HUNDRED, roundHalfUp, ZERO, ONE, sum, type Decimal } from "../domain/decimal.ts";
import { shareOf } from "./figures.ts";
import type { Style } from "./style.ts";
import { left, right, table, type Cell } from "./table.ts";
import { isOutside, isProtected } from "../portfolio/valuation.ts";

const COLUMNS = [...left("Symbol"), ...right("Target", "Actual", "Drift", "Shares", "Value")];

export interface HoldingsTarget {
  /** Fractions of the base; `undefined` when no target is known. */
  readonly targets: ReadonlyMap<string, Decimal> | undefined;
  readonly aside: SetAside;
}

/** Every symbol held or targeted, with its current weight and its distance from the target in percentage points. */
export function holdingsTable(account: Account, positions: readonly Position[], sought: HoldingsTarget, style: Style): string[] {
  const held = new Map(positions.map((position) => [position.symbol, position]));
  const symbols = [...new Set([...(sought.targets?.keys() ?? []), ...[...held.keys()].sort()])];
  const base = targetBase(account, positions, sought.aside);
  const rows = symbols.map((symbol) => rowOf(symbol, held.get(symbol), { account, sought, base }));
  const cash: Cell[] = [
    { text: "cash", tint: "quiet" },
    "",
    formatPercent(shareOf(account.cash, account.equity)),
    "",
    "",
    formatDollars(account.cash),
  ];
  return [...table(COLUMNS, [...rows, cash], style), ...baseNote(account, positions, sought, base)];
}

/** Explains why targets and actual weights cannot be compared directly. */
function baseNote({ equity }: Account, positions: readonly Position[], { targets, aside }: HoldingsTarget, base: Decimal): string[] {
  if (targets === undefined || !positions.some((position) => isSetAside(position, aside))) return [];
  return [`Targets are shares of ${formatDollars(equity.times(base))}: protected positions and the cash reserve are excluded.`];
}

interface Measure {
  readonly account: Account;
  readonly sought: HoldingsTarget;
  /** Share of the account. */
  readonly base: Decimal;
}

function rowOf(symbol: string, position: Position | undefined, { account, sought, base }: Measure): Cell[] {
  const value = position?.marketValue ?? ZERO;
  const actual = shareOf(value, account.equity);
  const target = targetOf(symbol, position, sought);
  return [
    { text: symbol, tint: "strong" },
    target === undefined ? "-" : formatWeight(target),
    formatPercent(actual),
    target === undefined ? "" : points(actual.minus(target.times(base))),
    formatQuantity(position?.quantity ?? ZERO),
    formatDollars(value),
  ];
}

function targetOf(symbol: string, position: Position | undefined, { targets, aside }: HoldingsTarget): Decimal | undefined {
  if (targets === undefined || (position !== undefined && isSetAside(position, aside))) return undefined;
  return targets.get(symbol) ?? ZERO;
}

/** A difference of two weights, in percentage points. */
function points(fraction: Decimal): string {
  const rounded = roundHalfUp(fraction.times(HUNDRED), 1);
  const sign = rounded.gt(ZERO) ? "+" : rounded.lt(ZERO) ? "-" : "";
  return `${sign}${rounded.abs().toFixed(1)} pt`;
}

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
