/** Reasons after which an account still counts as on target (R12). */
export const ON_TARGET_REASONS = [
  "within-drift",
  "below-minimum",
  "whole-share-remainder",
  "protected",
  "dust-cannot-close",
  "target-reached",
] as const;

/** Reasons after which it does not. */
export const OFF_TARGET_REASONS = [
  "not-tradable",
  "not-buyable",
  "renamed",
  "inactive",
  "unknown-symbol",
  "not-allowed",
  "foreign-order",
  "own-order-working",
  "price-doubt",
  /** Limit style: no sane quote came up to price its order from. */
  "quote-doubt",
  "split-unbooked",
  "split-suspected",
  "fractions-unknown",
  "insufficient-cash",
  "held-by-orders",
  /** Too much is held, but the selling phase has ended (market moved, or a fill fell short). */
  "sells-over",
  /** A begun execution is not refused by MAX_ORDER_VALUE (R28): the buy is cut to it, and this much stays undone. */
  "order-limit",
  "order-refused",
  "order-unknown",
  "order-timed-out",
  "order-cancelled",
  "signal-bound",
  "unattributed",
  "unreadable-position",
] as const;

export type SkipReason = (typeof ON_TARGET_REASONS)[number] | (typeof OFF_TARGET_REASONS)[number];

/**
 * Off-target reasons whose cause may pass while the execution lasts, so that what is left is planned again (R33). Whether
 * a refused order or a lack of cash may pass depends on more than the reason.
 */
const PASSING_REASONS: ReadonlySet<SkipReason> = new Set<SkipReason>([
  "foreign-order",
  "own-order-working",
  "price-doubt",
  "quote-doubt",
  "split-suspected",
  "fractions-unknown",
  "held-by-orders",
  "sells-over",
  "order-unknown",
  "order-timed-out",
  "unreadable-position",
]);

/** What each reason means, for people. */
export const LEFT_ALONE_MEANINGS: Record<SkipReason, string> = {
  "within-drift": "What is held is near enough to the target: within DRIFT_BAND_PERCENT.",
  "below-minimum": "The difference is worth less than MIN_TRADE_VALUE, or less than the venue's smallest order of one dollar.",
  "whole-share-remainder": "What is missing is less than one whole share, and fractions of the symbol cannot be traded.",
  protected: "It is named by PROTECTED_SYMBOLS, is no US equity, or is no target and is outside ALLOWED_SYMBOLS or cannot be read.",
  "dust-cannot-close": "The position is too small for the broker to close, or less than one share where only whole shares are traded.",
  "not-tradable": "The broker does not let it be traded.",
  "not-buyable": "The broker lets it be traded, but not bought by this account.",
  renamed: "The ticker has changed: a position under the new one is the asset that the target names by its old one.",
  inactive: "It is inactive at the broker.",
  "unknown-symbol": "The broker does not know it.",
  "not-allowed": "It is not among ALLOWED_SYMBOLS.",
  "foreign-order": "Somebody else's order is open for it.",
  "own-order-working": "An earlier order of ours for it is still working, or its fate is unknown.",
  "price-doubt": "No two independent prices confirm each other, and a price decides how many shares of it are traded.",
  "quote-doubt": "Limit style: its quote stayed one-sided, too wide, far from the last trade, or of an earlier session.",
  "split-unbooked":
    "It was split, and the broker has not changed the quantity yet. It is valued as it will be and traded again once it is booked.",
  "split-suspected":
    "Its price or quantity changed as by a split, or its daily bars could not be read, and there is no proof that it was not split. Also: how much is wanted depends on such a symbol.",
  "fractions-unknown":
    "The broker has not said whether fractions of it can be traded: whole shares are, and the rest once the broker says that they can.",
  "insufficient-cash": "There is not enough cash for it, or for all of it.",
  "held-by-orders": "Open orders hold its shares.",
  "sells-over": "More is held than wanted, but the selling phase is over.",
  "order-limit": "A buy of an execution that has begun is cut to MAX_ORDER_VALUE.",
  "order-refused": "Its order was refused by the venue.",
  "order-unknown": "Whether the venue holds its order is not known, so no other is sent.",
  "order-timed-out": "Its order was not filled in time and was cancelled.",
  "order-cancelled": "Somebody else cancelled its order, or the venue let it expire.",
  "target-reached": "It reached its target earlier in this execution, or in an earlier one of the same signal, and is not traded again.",
  "signal-bound": "As much of it as one signal may trade has been traded, or the signal did not set out to trade it.",
  unattributed: "No known strategy names it.",
  "unreadable-position": "The broker's row of its position cannot be read whole, or lists it twice.",
};

export function isOnTargetReason(reason: SkipReason): boolean {
  return (ON_TARGET_REASONS as readonly string[]).includes(reason);
}

export function mayPass(reason: SkipReason): boolean {
  return PASSING_REASONS.has(reason);
}

/** Why a symbol is left alone, as a part of a sentence. Reasons that name a setting get their figures in `detail.ts`. */
export function skipPhrase(reason: SkipReason): string {
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
  "fractions-unknown": "whether fractions of it can be traded is not known",
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
