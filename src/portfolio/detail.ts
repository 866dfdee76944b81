import { formatDollars, formatPercent, formatShares, formatWeight } from "../domain/format.ts";
import { skipPhrase, type SkipReason } from "./skip-reason.ts";
import { ZERO } from "../domain/decimal.ts";
import type { PlanInput } from "./plan-input.ts";
import type { PlannedOrder } from "./plan-result.ts";
import type { Sized } from "./sells.ts";
import type { RebalanceNeed } from "./rebalance-need.ts";
import type { Valuation } from "./valuation.ts";

/** The sentence of one line: target, position, and the order or the reason for none. */
export function detailOf(need: RebalanceNeed, sized: Sized, input: PlanInput, valuation: Valuation): string {
  const parts = [
    ...(sized.order === undefined ? [] : [orderText(sized.order, sized.leftAlone === undefined)]),
    ...(sized.leftAlone === undefined
      ? []
      : [`${sized.order === undefined ? "left alone" : "the rest is left alone"}, ${reasonText(sized.leftAlone, need, input, valuation)}`]),
  ];
  return `${situationText(need, input, valuation)}: ${parts.join("; ")}`;
}

function situationText(need: RebalanceNeed, input: PlanInput, valuation: Valuation): string {
  const held = `held ${formatDollars(need.actualValue)}`;
  if (input.wanted.kind === "exit" && need.weight.eq(ZERO)) return `to be sold, ${held}`;
  if (need.weight.eq(ZERO)) return `no target, ${held}`;
  return `target ${formatWeight(need.weight)} of ${formatDollars(valuation.base)} = ${formatDollars(need.targetValue)}, ${held}`;
}

function orderText(order: PlannedOrder, isWhole: boolean): string {
  if (order.notional !== undefined) return `${order.side} ${formatDollars(order.notional)}`;
  const shares = order.quantity === undefined ? "" : formatShares(order.quantity);
  return `${order.side} ${order.fullExit && isWhole ? "all " : ""}${shares} (about ${formatDollars(order.estimatedValue)})`;
}

function reasonText(reason: SkipReason, need: RebalanceNeed, input: PlanInput, valuation: Valuation): string {
  const note = need.change.kind === "leave" ? need.change.note : undefined;
  return `${phrase(reason, input, valuation)}${note === undefined ? "" : ` (${note})`}`;
}

function phrase(reason: SkipReason, { settings }: PlanInput, valuation: Valuation): string {
  switch (reason) {
    case "within-drift":
      return `within the drift band of ${formatPercent(settings.driftBand)} (${formatDollars(valuation.base.times(settings.driftBand))})`;
    case "below-minimum":
      return `below the minimum trade (${formatDollars(settings.minTradeValue)}, never under $1.00)`;
    case "order-limit":
      return `above MAX_ORDER_VALUE (${settings.maxOrderValue === undefined ? "unset" : formatDollars(settings.maxOrderValue)})`;
    default:
      return skipPhrase(reason);
  }
}
