/** The kinds of fault of which every run meets at least five. */
export const COMMON_KINDS = [
  // on the way
  "lost-request",
  "lost-answer",
  "late-request",
  "late-answer",
  "cut-body",
  "garbage-answer",
  "error-before",
  "error-after",
  "rate-limited",
  "late-then-refused",
  "slow-venue",
  "read-fails",
  "outage",
  "key-in-error",
  // a venue that contradicts itself
  "look-up-misses",
  "accepted-unseen",
  "listing-lags",
  "account-lags",
  "snapshots-lag",
  "wrongly-refused",
  // the stream
  "frames-doubled",
  "frames-reordered",
  "frames-lost",
  "frames-garbled",
  "stream-mute",
  "stream-dropped",
  "stream-refused",
  // the market
  "price-jump",
  "quote-one-sided",
  "quote-absurd",
  "quote-absent",
  "order-rejected-later",
  "cancel-stuck",
  "slow-fills",
  "asset-inactive",
  "trading-interrupted",
  // people
  "foreign-order",
  "manual-trade",
  "account-blocked",
  "deposit",
  // the machine
  "clock-stepped",
  "suspended",
  "halted",
  "stopped",
  "killed",
  "killed-at-request",
  "killed-after-request",
  "killed-before-commit",
  "killed-after-commit",
  "disk-full",
  "file-untrusted",
  "watch-deaf",
] as const;

/** What Alpaca does as well, and a kind venue would not: half of the runs meet none of it. */
export const UNKIND_KINDS = [
  "numbers-lag",
  "equity-off",
  "rejected-late",
  "symbol-paused",
  "refused-for-now",
  "feed-thin",
  "symbol-invalid",
  "row-odd",
  "account-set",
  "asset-set",
  "money-taken",
  "bought-by-hand",
] as const;

/** Every kind of fault that a run may meet. */
export const FAULT_KINDS = [...COMMON_KINDS, ...UNKIND_KINDS];

export type FaultKind = (typeof FAULT_KINDS)[number];
