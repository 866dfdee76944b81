import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { decimal, toText, ZERO, type Decimal } from "../domain/decimal.ts";
import type { AccountReading } from "./account-reading.ts";
import { shareOf } from "./figures.ts";
import { dollarText, fractionOrNull, fractionText } from "./json-values.ts";
import { finalLines, isWanted, type FinalLine } from "./plan-lines.ts";
import { isSetAside, targetBase, type SetAside } from "./holdings-table.ts";

/** A symbol that is held or targeted. Value formats as in json-values.ts. */
export interface HoldingAgainstTarget {
  readonly symbol: string;
  readonly quantity: string;
  readonly price: string | null;
  readonly value: string;
  /** Share of the account. */
  readonly weight: string;
  /** Target share of the base; `null` when no target is known. */
  readonly target_weight: string | null;
  /** Weight less target, in shares of the account. */
  readonly drift: string | null;
  /** Why the last execution left it, or the rest of it, alone: code and sentence. */
  readonly left_alone: string | null;
  readonly detail: string | null;
}

/** Positions against the targets of the last accepted plan. @param last the newest execution that traded or found nothing to do. */
export function holdingsAgainstTargets(
  { account, positions }: AccountReading,
  last: ExecutionRecord | undefined,
  aside: SetAside,
): HoldingAgainstTarget[] {
  const lines = new Map((last === undefined ? [] : finalLines(last)).map((line) => [line.symbol, line]));
  const held = new Map(positions.map((position) => [position.symbol, position]));
  const base = targetBase(account, positions, aside);
  const symbols = [...new Set([...lines.keys(), ...held.keys()])].sort();
  const rows = symbols.map((symbol): HoldingAgainstTarget => {
    const position = held.get(symbol);
    const line = lines.get(symbol);
    const value = position?.marketValue ?? ZERO;
    const weight = shareOf(value, account.equity);
    const target = position !== undefined && isSetAside(position, aside) ? undefined : targetOf(last, line);
    return {
      symbol,
      quantity: toText(position?.quantity ?? ZERO),
      price: position?.currentPrice === undefined ? null : toText(position.currentPrice),
      value: dollarText(value),
      weight: fractionText(weight),
      target_weight: fractionOrNull(target),
      drift: fractionOrNull(target === undefined ? undefined : weight.minus(target.times(base))),
      left_alone: line?.leftAlone ?? null,
      detail: line?.detail ?? null,
    };
  });
  return rows.filter((row) => row.quantity !== "0" || (row.target_weight !== null && row.target_weight !== "0") || row.left_alone !== null);
}

function targetOf(last: ExecutionRecord | undefined, line: FinalLine | undefined): Decimal | undefined {
  if (last === undefined || line === undefined || !isWanted(last, line)) return undefined;
  return decimal(line.targetWeight);
}
