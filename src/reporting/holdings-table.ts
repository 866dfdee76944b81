import type { Account, Position } from "../domain/broker.ts";
import type { Config } from "../domain/config.ts";
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

/** A symbol that is held or targeted; all weights are fractions. */
export interface Holding {
  readonly symbol: string;
  readonly position: Position | undefined;
  readonly value: Decimal;
  /** Share of the account, as `drift` is. */
  readonly weight: Decimal;
  /** Share of the base, as the strategy wrote it; `undefined` where nothing is wanted of the symbol. */
  readonly target: Decimal | undefined;
  /** Share of the base, comparable with the target. */
  readonly actual: Decimal | undefined;
  /** Weight less target, as a share of the account. */
  readonly drift: Decimal | undefined;
}

/** Targeted symbols first, in the order of the targets, then the others that are held. */
export function holdingsOn(account: Account, positions: readonly Position[], sought: HoldingsTarget): Holding[] {
  const held = new Map(positions.map((position) => [position.symbol, position]));
  const base = targetBase(account, positions, sought.aside);
  return [...new Set([...(sought.targets?.keys() ?? []), ...[...held.keys()].sort()])].map((symbol) => {
    const position = held.get(symbol);
    const value = position?.marketValue ?? ZERO;
    const weight = shareOf(value, account.equity);
    const target = targetOf(symbol, position, sought);
    return { symbol, position, value, weight, target, ...measured(weight, target, base) };
  });
}

/** What is held against its target; nothing where there is no target. @param base share of the account that targets divide. */
export function measured(weight: Decimal, target: Decimal | undefined, base: Decimal): Pick<Holding, "actual" | "drift"> {
  if (target === undefined) return { actual: undefined, drift: undefined };
  return { actual: shareOf(weight, base), drift: weight.minus(target.times(base)) };
}

/**
 * Every symbol held or targeted: what it should be and what it is, both as shares of what the targets divide, and the difference
 * in percentage points. Cash is what could be invested. Without targets, all weights are shares of the account.
 */
export function holdingsTable(account: Account, positions: readonly Position[], sought: HoldingsTarget, style: Style): string[] {
  const { equity, cash } = account;
  const base = sought.targets === undefined ? ONE : targetBase(account, positions, sought.aside);
  const apart = sum(positions.filter((position) => isSetAside(position, sought.aside)).map(({ marketValue }) => marketValue));
  const reserve = base.eq(ONE) ? ZERO : equity.minus(apart).minus(equity.times(base));
  const idle = formatPercent(shareOf(cash.minus(reserve), equity.times(base)));
  const rows = holdingsOn(account, positions, sought).map((holding) => rowOf(holding, base));
  const last: Cell[] = [{ text: "cash", tint: "quiet" }, "", idle, "", "", formatDollars(cash)];
  if (base.eq(ONE)) return table(COLUMNS, [...rows, last], style);
  const without = apart.eq(ZERO) ? "" : "protected positions and ";
  const note = `Weights are shares of ${formatDollars(equity.times(base))}, the account without ${without}its cash reserve of ${formatDollars(reserve)}.`;
  return [...table(COLUMNS, [...rows, last], style), note];
}

function rowOf({ symbol, position, value, weight, target, drift }: Holding, base: Decimal): Cell[] {
  const isApart = target === undefined && !base.eq(ONE);
  return [
    { text: symbol, tint: "strong" },
    target === undefined ? "-" : formatWeight(target),
    isApart ? "" : formatPercent(shareOf(weight, base)),
    drift === undefined ? "" : points(shareOf(drift, base)),
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

export function setAsideIn({ cashReserve, protectedSymbols, allowedSymbols }: SetAsideSettings): SetAside {
  return { reserve: cashReserve, protectedSymbols, allowedSymbols };
}

type SetAsideSettings = Pick<Config, "cashReserve" | "protectedSymbols" | "allowedSymbols">;

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
