import type { Side } from "../domain/broker.ts";
import { max, ZERO, type Decimal } from "../domain/decimal.ts";
import type { Plan } from "./plan-result.ts";
import { mayPass, type SkipReason } from "./skip-reason.ts";

/** What a plan sets out to trade besides its orders. */
export interface WaitingTrade {
  readonly symbol: string;
  readonly side: Side;
  /** Dollars that no order of the plan covers. */
  readonly estimatedValue: Decimal;
}

/**
 * Trades that must wait while a plan is made, and are planned again once their cause has passed (R33): what is checked once,
 * before the first order, counts them too (R27, R28). What is within the drift band of a target is never traded.
 * @param account its cash in dollars; and the drift band as a fraction of the base.
 */
export function waitingTrades(
  { base, sells, buys, lines }: Pick<Plan, "base" | "sells" | "buys" | "lines">,
  { cash, driftBand }: { readonly cash: Decimal; readonly driftBand: Decimal },
): WaitingTrade[] {
  const band = base.times(driftBand);
  const ordered = new Map([...sells, ...buys].map(({ symbol, estimatedValue }) => [symbol, estimatedValue]));
  return lines.flatMap(({ symbol, leftAlone, targetWeight, targetValue, actualValue }): WaitingTrade[] => {
    if (leftAlone === undefined || !waits(leftAlone, cash)) return [];
    const missing = targetValue.minus(actualValue);
    const estimatedValue = max(ZERO, missing.abs().minus(ordered.get(symbol) ?? ZERO));
    const isNear = targetWeight.gt(ZERO) && actualValue.gt(ZERO) && estimatedValue.lte(band);
    return isNear || estimatedValue.eq(ZERO) ? [] : [{ symbol, side: missing.gt(ZERO) ? "buy" : "sell", estimatedValue }];
  });
}

/** An order of ours that is under way counts by itself; the buys of an account that owes money wait for its sells (R9). */
function waits(reason: SkipReason, cash: Decimal): boolean {
  if (reason === "insufficient-cash") return cash.lt(ZERO);
  return mayPass(reason) && reason !== "own-order-working" && reason !== "order-unknown";
}
