/** Reasons after which an account still counts as on target (R12). */
export const ON_TARGET_REASONS = ["within-drift", "below-minimum", "whole-share-remainder", "protected", "dust-cannot-close"] as const;

/** Reasons after which it does not. */
export const OFF_TARGET_REASONS = [
  "not-tradable",
  "inactive",
  "unknown-symbol",
  "not-allowed",
  "foreign-order",
  "own-order-working",
  "price-doubt",
  "split-suspected",
  "insufficient-cash",
  "held-by-orders",
  /** Too much is held, but the selling phase has ended (market moved, or a fill fell short). */
  "sells-over",
  /** A begun execution is not refused by MAX_ORDER_VALUE (R28): the buy is cut to it, and this much stays undone. */
  "order-limit",
  "order-refused",
  "order-unknown",
  "order-timed-out",
  "unattributed",
] as const;

export type LeftAloneReason = (typeof ON_TARGET_REASONS)[number] | (typeof OFF_TARGET_REASONS)[number];

export function isOnTargetReason(reason: LeftAloneReason): boolean {
  return (ON_TARGET_REASONS as readonly string[]).includes(reason);
}
