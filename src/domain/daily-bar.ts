/**
 * One day of trading of one symbol, adjusted for splits and dividends. Numbers, not decimals: bars only
 * feed statistics (means, deviations, ratios), which no decimal arithmetic would make exact. Nothing of
 * a bar ever becomes the price or the size of an order.
 */
export interface DailyBar {
  /** New York date of the session, `YYYY-MM-DD`. */
  readonly session: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Shares. */
  readonly volume: number;
}

/** Each symbol's bars, oldest first, one a session. A symbol without bars is missing from the map. */
export type DailyBars = ReadonlyMap<string, readonly DailyBar[]>;
