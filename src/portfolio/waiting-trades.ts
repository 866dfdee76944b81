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
 * Trades that must wait while a plan is made, and are planned again once their cause has passed (R33): limits that are checked
 * once, before the first order, count them too (R28).
 * @param cash of the account, in dollars.
 */
export function waitingTrades({ sells, buys, lines }: Pick<Plan, "sells" | "buys" | "lines">, cash: Decimal): WaitingTrade[] {
  const ordered = new Map([...sells, ...buys].map(({ symbol, estimatedValue }) => [symbol, estimatedValue]));
  return lines.flatMap(({ symbol, leftAlone, targetValue, actualValue }): WaitingTrade[] => {
    if (leftAlone === undefined || !waits(leftAlone, cash)) return [];
    const missing = targetValue.minus(actualValue);
    const estimatedValue = max(ZERO, missing.abs().minus(ordered.get(symbol) ?? ZERO));
    return estimatedValue.eq(ZERO) ? [] : [{ symbol, side: missing.gt(ZERO) ? "buy" : "sell", estimatedValue }];
  });
}

/** An order of ours that is under way counts by itself; the buys of an account that owes money wait for its sells (R9). */
function waits(reason: SkipReason, cash: Decimal): boolean {
  if (reason === "insufficient-cash") return cash.lt(ZERO);
  return mayPass(reason) && reason !== "own-order-working" && reason !== "order-unknown";
}
