import { decimal, type Decimal } from "./decimal.ts";

/** `market`: one market order for each planned trade. `limit`: marketable limits, repriced until they are filled. */
export type ExecutionStyle = "market" | "limit";

/** How limit orders are priced and how long they are tried. Fractions of one, whole milliseconds. */
export interface LimitOrderSettings {
  /** A quote whose sides lie further apart than this fraction of their middle says nothing. */
  readonly maxSpread: Decimal;
  /** A limit is at most this fraction away from the last trade. */
  readonly collar: Decimal;
  /** An order that has been open this long is cancelled, and its rest is repriced. */
  readonly repegMs: number;
  /** Maximum number of times the rest is repriced. */
  readonly repegs: number;
  /** What happens to the rest after the last limit. */
  readonly then: "market" | "leave";
  /** What happens to a symbol that shows no sane quote for that long. */
  readonly withoutQuote: "market" | "leave";
  /** A single order is at most this fraction of a day's volume; `undefined`: of any size. */
  readonly sliceShare: Decimal | undefined;
}

export interface ExecutionSettings {
  readonly style: ExecutionStyle;
  /** Nothing begins so soon after the open. */
  readonly avoidOpenMinutes: number;
  /** Sells may leave on a reading from before the alert (R36). */
  readonly warmSnapshot: boolean;
  /** Kept to in either style: an execution that was begun in limit style is finished in it. */
  readonly limitOrders: LimitOrderSettings;
}

/** What counts where nothing is set. */
export const DEFAULT_EXECUTION: ExecutionSettings = {
  style: "market",
  avoidOpenMinutes: 0,
  warmSnapshot: true,
  limitOrders: {
    maxSpread: decimal("0.01"),
    collar: decimal("0.02"),
    repegMs: 5_000,
    repegs: 3,
    then: "market",
    withoutQuote: "leave",
    sliceShare: decimal("0.01"),
  },
};
