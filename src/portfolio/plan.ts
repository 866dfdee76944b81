import { refuseUnbuyable } from "./buyable.ts";
import { sizePlan } from "./sizing.ts";
import { formatDollars } from "../domain/format.ts";
import type { PlanInput } from "./plan-input.ts";
import type { Plan, PlanResult } from "./plan-result.ts";
import { provePlan } from "./proof.ts";
import { valueAccount, type Refused } from "./valuation.ts";
import { waitingTrades, type WaitingTrade } from "./waiting-trades.ts";

export type { Holding, PlanAsset, PlanInput, PlanSettings, WorkingOrder } from "./plan-input.ts";
export type { Plan, PlanLine, PlannedOrder, PlanResult } from "./plan-result.ts";
export { isOnTargetReason, type SkipReason } from "./skip-reason.ts";

/**
 * Decides what to sell and buy so that the account reaches the target weights (R9–R13). Pure: the same
 * input gives the same plan, whatever the order of positions, targets and orders.
 * @returns a checked plan with a line for every symbol held or targeted; or why no plan is possible.
 */
export function makePlan(input: PlanInput): PlanResult {
  const valuation = valueAccount(input);
  if ("kind" in valuation) return valuation;
  const unbuyable = refuseUnbuyable(input, valuation);
  if (unbuyable !== undefined) return unbuyable;
  const plan = sizePlan(input, valuation);
  return overLimit(plan, input) ?? unproven(plan, input) ?? { kind: "plan", plan };
}

/**
 * R28: checked on the whole plan before its first order, including sells and what must wait at first, which would be cut to the
 * limit once the sells are made; reports the largest violation. What has begun is cut to it.
 */
function overLimit(plan: Plan, { phase, settings, begun, account }: PlanInput): Refused | undefined {
  const limit = settings.maxOrderValue;
  if (limit === undefined || phase === "buying" || begun === true) return undefined;
  const waiting = waitingTrades(plan, { cash: account.cash, driftBand: settings.driftBand });
  const [largest] = [...plan.sells, ...plan.buys, ...waiting].sort((one, other) => other.estimatedValue.cmp(one.estimatedValue));
  if (largest === undefined || largest.estimatedValue.lte(limit)) return undefined;
  return {
    kind: "refused",
    refusal: "order-limit",
    reason: `The plan would ${describe(largest)}, above MAX_ORDER_VALUE (${formatDollars(limit)}).`,
    hint: "Nothing was sent. Raise MAX_ORDER_VALUE if you want such an order.",
  };
}

function describe(order: WaitingTrade): string {
  return `${order.side} ${formatDollars(order.estimatedValue)} of ${order.symbol}`;
}

/** A plan that breaks a rule is a bug in this program and must never reach the broker. */
function unproven(plan: Plan, input: PlanInput): Refused | undefined {
  const [failure] = provePlan(plan, input);
  if (failure === undefined) return undefined;
  return {
    kind: "refused",
    refusal: "proof-failed",
    reason: `The plan breaks a rule and was discarded: ${failure.message}`,
    hint: "Nothing was sent. This is a bug in the program; please report it with the log.",
  };
}
