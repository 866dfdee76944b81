import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { Position } from "../domain/broker.ts";
import { decimal, ONE, toText, ZERO, type Decimal } from "../domain/decimal.ts";
import type { AccountReading } from "./account-reading.ts";
import { shareOf } from "./figures.ts";
import { dollarsOrNull, dollarText, fractionOrNull, fractionText, textOrNull } from "./json-values.ts";
import { finalLines, isWanted, type FinalLine } from "./plan-lines.ts";
import { isSetAside, measured, targetBase, type Holding, type SetAside } from "./holdings-table.ts";

/** A symbol that is held or targeted. Value formats as in json-values.ts. */
export interface HoldingAgainstTarget {
  readonly symbol: string;
  readonly quantity: string;
  readonly price: string | null;
  readonly value: string;
  readonly average_price: string | null;
  /** Profit at average cost, in dollars and as a fraction of the cost. */
  readonly unrealised: string | null;
  readonly unrealised_return: string | null;
  /** Price against the last close, as a fraction. */
  readonly day_change: string | null;
  /** Share of the account. */
  readonly weight: string;
  /** Share of the base, comparable with the target; `null` when no target is known. */
  readonly actual_weight: string | null;
  /** Target share of the base; `null` when no target is known. */
  readonly target_weight: string | null;
  /** Weight less target, in shares of the account. */
  readonly drift: string | null;
  /** Why the last execution left it, or the rest of it, alone: code and sentence. */
  readonly left_alone: string | null;
  readonly detail: string | null;
}

/** Whether the account follows its plan: it has started, or found nothing to do. */
export function wasAccepted({ begunAt, outcome }: ExecutionRecord): boolean {
  return begunAt !== undefined || outcome === "on-target" || outcome === "off-target";
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
      ...holdingEntry({ symbol, position, value, weight, target, ...measured(weight, target, base) }),
      left_alone: line?.leftAlone ?? null,
      detail: line?.detail ?? null,
    };
  });
  return rows.filter((row) => row.quantity !== "0" || (row.target_weight !== null && row.target_weight !== "0") || row.left_alone !== null);
}

/** A symbol with its figures, without the reasons of an execution. */
export type HoldingEntry = Omit<HoldingAgainstTarget, "left_alone" | "detail">;

export function holdingEntry({ symbol, position, value, weight, target, actual, drift }: Holding): HoldingEntry {
  return {
    symbol,
    quantity: toText(position?.quantity ?? ZERO),
    price: textOrNull(position?.currentPrice),
    value: dollarText(value),
    average_price: textOrNull(position?.averageEntryPrice),
    ...profitOf(position),
    weight: fractionText(weight),
    target_weight: fractionOrNull(target),
    actual_weight: fractionOrNull(actual),
    drift: fractionOrNull(drift),
  };
}

function profitOf(position: Position | undefined): Pick<HoldingAgainstTarget, "unrealised" | "unrealised_return" | "day_change"> {
  const { unrealizedProfit: profit, costBasis: cost = ZERO, currentPrice: price, lastdayPrice: before } = position ?? {};
  const change = price === undefined || before?.gt(ZERO) !== true ? undefined : price.div(before).minus(ONE);
  return {
    unrealised: dollarsOrNull(profit),
    unrealised_return: fractionOrNull(profit === undefined || cost.eq(ZERO) ? undefined : profit.div(cost.abs())),
    day_change: fractionOrNull(change),
  };
}

function targetOf(last: ExecutionRecord | undefined, line: FinalLine | undefined): Decimal | undefined {
  if (last === undefined || line === undefined || !isWanted(last, line)) return undefined;
  return decimal(line.targetWeight);
}
