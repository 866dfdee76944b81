/** What one reason for leaving a symbol alone says, and what follows from it. */
interface SkipRow {
  /**
   * - `on-target`: the account still counts as on target (R12).
   * - `passes`: off target, and its cause may pass while the execution lasts, so that what is left is planned again (R33).
   * - `lasts`: off target. Whether a refused order or a lack of cash may pass depends on more than the reason.
   */
  readonly leaves: "on-target" | "passes" | "lasts";
  /** For people. */
  readonly meaning: string;
  /** As a part of a sentence; where it is missing, `detail.ts` gives the figures of a setting. */
  readonly phrase?: string;
}

/** Every reason why a symbol is not traded to plan. */
export const SKIP_REASONS = {
  "within-drift": { leaves: "on-target", meaning: "What is held is near enough to the target: within DRIFT_BAND_PERCENT." },
  "below-minimum": {
    leaves: "on-target",
    meaning: "The difference is worth less than MIN_TRADE_VALUE, or less than the venue's smallest order of one dollar.",
  },
  "whole-share-remainder": {
    leaves: "on-target",
    meaning: "What is missing is less than one whole share, and fractions of the symbol cannot be traded.",
    phrase: "less than one whole share, and fractions of it cannot be traded",
  },
  protected: {
    leaves: "on-target",
    meaning: "It is named by PROTECTED_SYMBOLS, is no US equity, or is no target and is outside ALLOWED_SYMBOLS or cannot be read.",
    phrase: "protected",
  },
  "protected-not-held": {
    leaves: "lasts",
    meaning: "The run wants it, nothing of it is held, and PROTECTED_SYMBOLS forbids buying it.",
    phrase: "nothing of it is held, and it is in PROTECTED_SYMBOLS",
  },
  "dust-cannot-close": {
    leaves: "on-target",
    meaning:
      "The position is too small for the broker to close: less than one share where only whole shares are traded, or worth less than MIN_TRADE_VALUE and delisted or unknown to market data.",
    phrase: "too small for the broker to close",
  },
  "not-tradable": { leaves: "lasts", meaning: "The broker does not let it be traded.", phrase: "the broker does not let it be traded" },
  "not-buyable": {
    leaves: "lasts",
    meaning: "The broker lets it be traded, but not bought by this account.",
    phrase: "this account may not buy it",
  },
  renamed: {
    leaves: "lasts",
    meaning: "The ticker has changed: a position under the new one is the asset that the target names by its old one.",
    phrase: "its ticker has changed",
  },
  inactive: { leaves: "lasts", meaning: "It is inactive at the broker.", phrase: "inactive at the broker" },
  "unknown-symbol": { leaves: "lasts", meaning: "The broker does not know it.", phrase: "the broker does not know it" },
  "not-allowed": { leaves: "lasts", meaning: "It is not among ALLOWED_SYMBOLS.", phrase: "not in ALLOWED_SYMBOLS" },
  "foreign-order": {
    leaves: "passes",
    meaning: "Somebody else's order is open for it.",
    phrase: "an order of somebody else is open for it",
  },
  "own-order-working": {
    leaves: "passes",
    meaning: "An earlier order of ours for it is still working, or its fate is unknown.",
    phrase: "an earlier order of ours is still working",
  },
  "price-doubt": {
    leaves: "passes",
    meaning: "No two independent prices confirm each other, and a price decides how many shares of it are traded.",
    phrase: "its price is in doubt",
  },
  "quote-doubt": {
    leaves: "passes",
    meaning: "Limit style: its quote stayed one-sided, too wide, far from the last trade, or of an earlier session.",
    phrase: "no sane quote came up to price its order from",
  },
  "split-unbooked": {
    leaves: "lasts",
    meaning:
      "It was split, and the broker has not changed the quantity yet. It is valued as it will be and traded again once it is booked.",
    phrase: "a split is not booked yet",
  },
  "split-suspected": {
    leaves: "passes",
    meaning:
      "Its price or quantity changed as by a split, or its daily bars could not be read, and there is no proof that it was not split. Also: how much is wanted depends on such a symbol.",
    phrase: "a split is suspected",
  },
  "no-market-data": {
    leaves: "lasts",
    meaning:
      "It is held, and market data does not know it, so nothing proves that it was not split: protect it by PROTECTED_SYMBOLS, or sell it by hand. Also: how much is wanted depends on such a symbol.",
    phrase: "market data does not know it, so a split of it cannot be ruled out",
  },
  "fractions-unknown": {
    leaves: "passes",
    meaning:
      "The broker has not said whether fractions of it can be traded: whole shares are, and the rest once the broker says that they can.",
    phrase: "whether fractions of it can be traded is not known",
  },
  "insufficient-cash": {
    leaves: "lasts",
    meaning: "There is not enough cash or buying power for it, or for all of it.",
    phrase: "there is not enough cash or buying power",
  },
  "not-available": {
    leaves: "passes",
    meaning:
      "The broker lets only a part of its shares be sold, or none, although it lists no open order for it: they are collateral, or held by an order that is not listed.",
    phrase: "the broker does not let these shares be sold now",
  },
  "held-by-orders": {
    // Of earlier versions; their plans are still read.
    leaves: "passes",
    meaning: "Said by earlier versions instead of `not-available`.",
    phrase: "open orders hold its shares",
  },
  "sells-over": {
    // The market moved, or a fill fell short.
    leaves: "passes",
    meaning: "More is held than wanted, but the selling phase is over.",
    phrase: "more is held than wanted, but the selling phase is over",
  },
  "order-limit": {
    // A begun execution is not refused by MAX_ORDER_VALUE (R28): the buy is cut to it, and this much stays undone.
    leaves: "lasts",
    meaning: "An execution that has begun cuts its buys to MAX_ORDER_VALUE, and leaves out a sell above it.",
  },
  "order-refused": { leaves: "lasts", meaning: "Its order was refused by the venue.", phrase: "its order was refused" },
  "order-unknown": {
    leaves: "passes",
    meaning: "Whether the venue holds its order is not known, so no other is sent.",
    phrase: "the fate of its order is unknown",
  },
  "order-timed-out": {
    leaves: "passes",
    meaning: "Its order was not filled in time and was cancelled, or the venue ended it early.",
    phrase: "its order was not filled in time",
  },
  "order-cancelled": {
    leaves: "lasts",
    meaning: "Somebody else cancelled or replaced its order.",
    phrase: "its order was cancelled, and not by this program",
  },
  "target-reached": {
    leaves: "on-target",
    meaning: "It reached its target earlier in this execution, or in an earlier one of the same signal, and is not traded again.",
    phrase: "it has reached its target for this signal",
  },
  "signal-bound": {
    leaves: "lasts",
    meaning: "As much of it as one signal may trade has been traded, or the signal did not set out to trade it.",
    phrase: "this signal may trade no more of it",
  },
  unattributed: { leaves: "lasts", meaning: "No known strategy names it.", phrase: "no known strategy names it" },
  "unreadable-position": {
    leaves: "passes",
    meaning: "The broker's row of its position cannot be read whole, or lists it twice.",
    phrase: "its position cannot be read",
  },
} as const satisfies Record<string, SkipRow>;

export type SkipReason = keyof typeof SKIP_REASONS;
const ROWS: Readonly<Record<SkipReason, SkipRow>> = SKIP_REASONS;

export function isOnTargetReason(reason: SkipReason): boolean {
  return ROWS[reason].leaves === "on-target";
}

export function mayPass(reason: SkipReason): boolean {
  return ROWS[reason].leaves === "passes";
}

/** Why a symbol is left alone, as a part of a sentence. */
export function skipPhrase(reason: SkipReason): string {
  return ROWS[reason].phrase ?? reason;
}
