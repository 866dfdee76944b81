import type { Decimal } from "../decimal.ts";

/** Splits and the quantities that prove them (R10). */
export interface SplitStore {
  /** Records the shares held in a session; they contain every split up to it. Replaces an earlier record of that session. */
  recordSessionQuantity(quantity: SessionQuantity): void;
  /** Of the newest session that is known. */
  lastSessionQuantity(symbol: string): SessionQuantity | undefined;
  /** Takes the place of what was known of that symbol and session. */
  recordSplit(split: SplitRecord): void;
  /** Oldest first. */
  splitsOf(symbol: string): SplitRecord[];
  /** Splits that the broker has not booked, by symbol. */
  unbookedSplits(): SplitRecord[];
}

export interface SessionQuantity {
  readonly symbol: string;
  /** New York date, `YYYY-MM-DD`. */
  readonly session: string;
  readonly quantity: Decimal;
  readonly at: number;
}

export interface SplitRecord {
  readonly symbol: string;
  /** New York date of the first session at the new price. */
  readonly session: string;
  /** What one share's price was multiplied by: 5 for one new share for five old ones. */
  readonly ratio: Decimal;
  /** Shares before it was booked. */
  readonly quantity: Decimal;
  readonly foundAt: number;
  /** When the quantity was first seen to contain it. */
  readonly bookedAt: number | undefined;
}
