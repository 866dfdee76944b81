/** What a rebalance cannot be faster than. */
export interface FloorInput {
  /** The round trip to the venue, milliseconds, measured with bare requests in the same minute. */
  readonly roundTripMs: number;
  /** From taking an order to filling it, milliseconds, as the venue measured it on the same orders. */
  readonly fillMs: number;
  readonly sells: number;
  readonly buys: number;
  /** Orders that may be under way at the same time (R15). */
  readonly inFlight: number;
}

/**
 * The least time from the last byte of an alert until the last fill is known, milliseconds:
 *
 *     snapshot r · sells ⌈n/k⌉·r + f · second snapshot r · buys ⌈n/k⌉·r + f
 *
 * All reads of a snapshot leave side by side. The orders of a phase leave k at a time, so a phase of n takes
 * ⌈n/k⌉ round trips; the last one of them is half the order's way there and half the way back of the news that
 * it is filled, f after it was taken.
 */
export function floorMs({ roundTripMs, fillMs, sells, buys, inFlight }: FloorInput): number {
  const phase = (orders: number): number => Math.ceil(orders / inFlight) * roundTripMs + fillMs;
  return roundTripMs + phase(sells) + roundTripMs + phase(buys);
}
