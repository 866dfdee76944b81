import { formatDollars, formatPercent, formatShares, formatWeight } from "../domain/format.ts";
import type { SkipReason } from "./skip-reason.ts";
import { ZERO } from "../domain/decimal.ts";
import type { PlanInput } from "./plan-input.ts";
import type { PlannedOrder } from "./plan-result.ts";
import type { Sized } from "./sells.ts";
import type { RebalanceNeed } from "./rebalance-need.ts";
import type { Valuation } from "./valuation.ts";

/** The sentence of one line: target, holding, and what is done about it or why not. */
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
  if (need.weight.eq(ZERO)) return `not wanted, ${held}`;
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
      return `below the smallest trade worth making (${formatDollars(settings.minTradeValue)}, never under $1.00)`;
    case "order-limit":
      return `above MAX_ORDER_VALUE (${settings.maxOrderValue === undefined ? "unset" : formatDollars(settings.maxOrderValue)})`;
    default:
      return PHRASES[reason];
  }
}

/** Why a target cannot be bought, as a part of a sentence. */
export function unbuyablePhrase(reason: SkipReason): string {
  return reason in PHRASES ? PHRASES[reason as keyof typeof PHRASES] : reason;
}

const PHRASES: Record<Exclude<SkipReason, "within-drift" | "below-minimum" | "order-limit">, string> = {
  "whole-share-remainder": "less than one whole share, and fractions of it cannot be traded",
  protected: "protected",
  "unreadable-position": "its position cannot be read",
  "dust-cannot-close": "too small for the broker to close",
  "not-tradable": "the broker does not let it be traded",
  "not-buyable": "this account may not buy it",
  renamed: "its ticker has changed",
  inactive: "inactive at the broker",
  "unknown-symbol": "the broker does not know it",
  "not-allowed": "not in ALLOWED_SYMBOLS",
  "foreign-order": "an order of somebody else is open for it",
  "own-order-working": "an earlier order of ours is still working",
  "price-doubt": "its price is in doubt",
  "quote-doubt": "no sane quote came up to price its order from",
  "split-unbooked": "a split is not booked yet",
  "split-suspected": "a split is suspected",
  "insufficient-cash": "there is not enough cash",
  "held-by-orders": "open orders hold its shares",
  "sells-over": "more is held than wanted, but the selling phase is over",
  "order-refused": "its order was refused",
  "order-unknown": "the fate of its order is unknown",
  "order-timed-out": "its order was not filled in time",
  "order-cancelled": "its order was cancelled, and not by this program",
  "target-reached": "it has reached its target for this signal",
  "signal-bound": "this signal may trade no more of it",
  unattributed: "no known strategy names it",
};
