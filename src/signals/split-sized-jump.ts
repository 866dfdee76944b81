import type { DailyBar } from "../domain/daily-bar.ts";

/** R10: how close a ratio must be to a whole one. */
const TOLERANCE = 0.03;
/** A day that traded this close to the previous close moved by itself; after a split nobody trades at the old scale. */
const WITHIN_REACH = 1.1;

export interface Jump {
  readonly session: string;
  /** Closes, in dollars. */
  readonly from: number;
  readonly to: number;
}

/**
 * The first day whose close is a whole multiple, or fraction, of the previous close, as after a split that the
 * adjustment missed. A leveraged fund's genuine 20 % or 45 % does not count; nor does a day that began at the old
 * price and ended at half of it.
 */
export function splitSizedJump(bars: readonly DailyBar[]): Jump | undefined {
  for (const [index, bar] of bars.entries()) {
    const before = bars[index - 1];
    if (before !== undefined && isWhole(bar.close / before.close) && !reachesBack(bar, before.close))
      return { session: bar.session, from: before.close, to: bar.close };
  }
  return undefined;
}

function isWhole(change: number): boolean {
  const ratio = Math.max(change, 1 / change);
  const whole = Math.round(ratio);
  return whole >= 2 && Math.abs(ratio - whole) <= TOLERANCE * whole;
}

function reachesBack({ low, high }: DailyBar, close: number): boolean {
  return low <= close * WITHIN_REACH && high >= close / WITHIN_REACH;
}
