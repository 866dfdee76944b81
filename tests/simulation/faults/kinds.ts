/** Every kind of fault that a run may meet. */
export const FAULT_KINDS = [
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
  "outage",
  "key-in-error",
  // a venue that contradicts itself
  "look-up-misses",
  "listing-lags",
  "account-lags",
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

export type FaultKind = (typeof FAULT_KINDS)[number];
