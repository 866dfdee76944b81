import type { Account, Position } from "../broker/broker.ts";
import { formatDollars, formatPercent, formatQuantity, formatWeight } from "../portfolio/format.ts";
import type { Decimal } from "../portfolio/money.ts";
import { HUNDRED, ONE, roundHalfUp, ZERO } from "../portfolio/money.ts";
import { shareOf } from "./figures.ts";
import type { Style } from "./style.ts";
import type { Cell, Column } from "./table.ts";
import { table } from "./table.ts";

const COLUMNS: readonly Column[] = [
  { title: "Symbol", align: "left" },
  { title: "Target", align: "right" },
  { title: "Actual", align: "right" },
  { title: "Drift", align: "right" },
  { title: "Shares", align: "right" },
  { title: "Value", align: "right" },
];

export interface Wish {
  /** Fractions of what the reserve leaves; `undefined` when no target is known. */
  readonly targets: ReadonlyMap<string, Decimal> | undefined;
  /** Fraction of the account that stays cash. */
  readonly reserve: Decimal;
}

/** Every symbol held or wanted, with its weight now and how far that is from its target, in points of the account. */
export function holdingsTable(account: Account, positions: readonly Position[], wish: Wish, style: Style): string[] {
  const held = new Map(positions.map((position) => [position.symbol, position]));
  const symbols = [...new Set([...(wish.targets?.keys() ?? []), ...[...held.keys()].sort()])];
  const rows = symbols.map((symbol) => rowOf(symbol, held.get(symbol), account, wish));
  const cash: Cell[] = [
    { text: "cash", tint: "quiet" },
    { text: "" },
    { text: formatPercent(shareOf(account.cash, account.equity)) },
    { text: "" },
    { text: "" },
    { text: formatDollars(account.cash) },
  ];
  return table(COLUMNS, [...rows, cash], style);
}

function rowOf(symbol: string, position: Position | undefined, account: Account, wish: Wish): Cell[] {
  const value = position?.marketValue ?? ZERO;
  const actual = shareOf(value, account.equity);
  const target = wish.targets === undefined ? undefined : (wish.targets.get(symbol) ?? ZERO);
  return [
    { text: symbol, tint: "strong" },
    { text: target === undefined ? "-" : formatWeight(target) },
    { text: formatPercent(actual) },
    { text: target === undefined ? "" : points(actual.minus(target.times(ONE.minus(wish.reserve)))) },
    { text: formatQuantity(position?.quantity ?? ZERO) },
    { text: formatDollars(value) },
  ];
}

/** A difference of two weights: points, because a percentage of a percentage misleads. */
function points(fraction: Decimal): string {
  const rounded = roundHalfUp(fraction.times(HUNDRED), 1);
  const sign = rounded.gt(ZERO) ? "+" : rounded.lt(ZERO) ? "-" : "";
  return `${sign}${rounded.abs().toFixed(1)} pt`;
}
